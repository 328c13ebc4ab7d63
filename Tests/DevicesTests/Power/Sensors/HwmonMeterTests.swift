import Foundation
import Testing

@testable import Devices

/// Files of chips by folder below /sys/class/hwmon.
private func chips(_ chips: [String: [String: String]]) -> [String: String] {
    var files: [String: String] = [:]
    for (folder, chip) in chips {
        for (file, text) in chip { files["sys/class/hwmon/\(folder)/\(file)"] = text }
    }
    return files
}

private struct Rail: Equatable, CustomStringConvertible {
    var meter: String
    var name: String
    var load: PowerRail.Load
    var isPart = false
    var value: Double
    var description: String { "\(meter) | \(name) | \(load) | \(isPart) | \(value)" }
}

private func rails(_ root: FixtureRoot) throws -> [Rail] {
    try PowerMeters.discover(root.files, meters: [.hwmon]).sensors.map { sensor in
        let value = (try sensor.samples()[0].value * 1e6).rounded() / 1e6
        let rail = sensor.rail
        return Rail(meter: rail.meter, name: rail.name, load: rail.load, isPart: rail.isPart, value: value)
    }
}

@Suite struct HwmonMeterTests {
    private func ina3221(_ labels: [String], disabled: Int? = nil) -> [String: String] {
        var files = ["name": "ina3221", "update_interval": "4"]
        for (index, label) in labels.enumerated() {
            files["in\(index + 1)_label"] = label
            files["in\(index + 1)_input"] = "5000"
            files["in\(index + 1)_enable"] = disabled == index + 1 ? "0" : "1"
            files["curr\(index + 1)_input"] = "\(400 * (index + 1))"
            files["in\(index + 4)_input"] = "8"
        }
        files["in7_label"] = "sum of shunt voltages"
        files["in7_input"] = "24"
        files["curr4_input"] = "2400"
        return files
    }

    @Test("Jetson Nano: volts times amperes, the board's input contains the rest")
    func jetsonNano() throws {
        let root = try FixtureRoot(chips(["hwmon3": ina3221(["POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"])]))
        let meter = "hwmon ina3221"
        #expect(
            try rails(root) == [
                Rail(meter: meter, name: "POM_5V_IN", load: .machine, value: 2),
                Rail(meter: meter, name: "POM_5V_GPU", load: .gpu, isPart: true, value: 4),
                Rail(meter: meter, name: "POM_5V_CPU", load: .cpus, isPart: true, value: 6),
            ])
        let sensors = PowerMeters.discover(root.files).sensors
        #expect(sensors.allSatisfy { $0.rail.refreshNanoseconds == 4_000_000 && $0.rail.quantity == .watts })
    }

    @Test("Jetson Xavier: two chips without a total, an unconnected and a disabled channel")
    func jetsonXavier() throws {
        let root = try FixtureRoot(
            chips([
                "hwmon10": ina3221(["CV", "VDDRQ", "SYS5V"], disabled: 1),
                "hwmon2": ina3221(["GPU", "CPU", "NC"]),
            ]))
        #expect(
            try rails(root) == [
                Rail(meter: "hwmon ina3221", name: "GPU", load: .gpu, value: 2),
                Rail(meter: "hwmon ina3221", name: "CPU", load: .cpus, value: 4),
                Rail(meter: "hwmon ina3221", name: "VDDRQ", load: .memory, value: 4),
                Rail(meter: "hwmon ina3221", name: "SYS5V", load: .other, value: 6),
            ])
    }

    @Test("a total on one chip has the other chip's rails in it")
    func jetsonTX2() throws {
        let root = try FixtureRoot(
            chips([
                "hwmon0": ina3221(["VDD_SYS_GPU", "VDD_SYS_SOC", "VDD_4V0_WIFI"]),
                "hwmon1": ina3221(["VDD_IN", "VDD_SYS_CPU", "VDD_SYS_DDR"]),
            ]))
        #expect(try rails(root).filter { !$0.isPart }.map(\.name) == ["VDD_IN"])
        #expect(try rails(root).count == 6)
    }

    @Test("Juno: energy before power, no rail twice")
    func juno() throws {
        let root = try FixtureRoot(
            chips([
                "hwmon0": [
                    "name": "scpi_sensors", "in1_input": "900", "curr1_input": "100", "power1_label": "SYS_POW_A57",
                    "power1_input": "1500000", "power2_label": "SYS_POW_GPU", "power2_input": "700000",
                    "energy1_label": "SYS_ENM_A57", "energy1_input": "42000000",
                ]
            ]))
        #expect(
            try rails(root) == [
                Rail(meter: "hwmon scpi_sensors", name: "SYS_ENM_A57", load: .core("Cortex-A57"), value: 42),
                Rail(meter: "hwmon scpi_sensors", name: "SYS_POW_GPU", load: .gpu, value: 0.7),
            ])
        // Where the counter can't be read, the power can.
        try root.write("?", "sys/class/hwmon/hwmon0/energy1_input")
        #expect(try rails(root).first?.value == 1.5)
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors[0].rail.quantity == .watts && failures.isEmpty)
    }

    @Test("Odroid XU3 under a mainline kernel: chips known by their addresses")
    func mainlineOdroid() throws {
        var files: [String: [String: String]] = [:]
        for hwmon in 0..<4 { files["hwmon\(hwmon)"] = ["name": "ina231", "power1_input": "\(hwmon + 1)25000"] }
        let root = try FixtureRoot(chips(files))
        for (hwmon, address) in ["0045", "0040", "0041", "0044"].enumerated() {
            try FileManager.default.createSymbolicLink(
                atPath: "\(root.path)/sys/class/hwmon/hwmon\(hwmon)/device", withDestinationPath: "../../0-\(address)")
        }
        #expect(
            try rails(root).map(\.name) == [
                "power1 (0-0045)", "power1 (0-0040)", "power1 (0-0041)", "power1 (0-0044)",
            ])
        try root.write("hardkernel,odroid-xu3\0samsung,exynos5800\0", "proc/device-tree/compatible")
        #expect(
            try rails(root) == [
                Rail(meter: "hwmon ina231", name: "A7", load: .core("Cortex-A7"), value: 0.125),
                Rail(meter: "hwmon ina231", name: "A15", load: .core("Cortex-A15"), value: 0.225),
                Rail(meter: "hwmon ina231", name: "memory", load: .memory, value: 0.325),
                Rail(meter: "hwmon ina231", name: "GPU", load: .gpu, value: 0.425),
            ])
    }

    @Test("GPUs, servers, supplies, and names in the device's folder")
    func otherChips() throws {
        let root = try FixtureRoot(
            chips([
                "hwmon0": ["name": "amdgpu", "power1_average": "31000000", "power1_label": "PPT", "in0_input": "800"],
                "hwmon1": [
                    "name": "amd_energy", "energy1_label": "Esocket0", "energy1_input": "5000000",
                    "energy2_label": "Ecore000", "energy2_input": "1000000",
                ],
                "hwmon2": [
                    "device/name": "apm_xgene", "device/power1_label": "CPU power", "device/power1_input": "9000000",
                ],
                "hwmon3": [
                    "name": "corsairpsu", "power1_label": "power total", "power1_input": "100000000",
                    "power2_label": "power +12v", "power2_input": "60000000",
                ],
                "hwmon4": ["name": "power_meter", "power1_average": "80000000", "power1_average_interval": "1000"],
                "hwmon5": ["name": "BAT0", "in0_input": "12000", "curr0_input": "1000", "power1_input": "1"],
                "hwmon6": ["name": "coretemp", "temp1_input": "50000"],
                "hwmon7": [
                    "name": "ina226", "label": "vdd_gpu_s0", "power1_input": "1250000", "in1_input": "900",
                    "curr1_input": "5",
                ],
                "hwmon8": [
                    "name": "xe", "energy1_label": "card", "energy1_input": "8000000", "energy2_label": "pkg",
                    "energy2_input": "6000000",
                ],
            ]))
        try root.write("Battery", "sys/class/power_supply/BAT0/type")
        #expect(
            try rails(root) == [
                Rail(meter: "hwmon amdgpu", name: "PPT", load: .gpu, value: 31),
                Rail(meter: "hwmon amd_energy", name: "Esocket0", load: .package, value: 5),
                Rail(meter: "hwmon apm_xgene", name: "CPU power", load: .cpus, value: 9),
                Rail(meter: "hwmon corsairpsu", name: "power total", load: .machine, value: 100),
                Rail(meter: "hwmon corsairpsu", name: "power +12v", load: .other, isPart: true, value: 60),
                Rail(meter: "hwmon power_meter", name: "power1", load: .machine, value: 80),
                Rail(meter: "hwmon ina226", name: "vdd_gpu_s0", load: .gpu, value: 1.25),
                Rail(meter: "hwmon xe", name: "card", load: .gpu, value: 8),
                Rail(meter: "hwmon xe", name: "pkg", load: .gpu, isPart: true, value: 6),
            ])
        let meter = PowerMeters.discover(root.files).sensors.first { $0.rail.meter == "hwmon power_meter" }
        #expect(meter?.rail.refreshNanoseconds == 1_000_000_000)
    }

    @Test("labels from the device tree")
    func deviceTree() throws {
        let root = try FixtureRoot(
            chips([
                "hwmon0": [
                    "name": "ina3221", "in1_input": "5000", "curr1_input": "1000", "of_node/input@0/label": "VDD_CPU\0",
                    "in2_input": "5000", "curr2_input": "10",
                ]
            ]))
        #expect(
            try rails(root) == [
                Rail(meter: "hwmon ina3221", name: "VDD_CPU", load: .cpus, value: 5),
                Rail(meter: "hwmon ina3221", name: "channel 2", load: .other, value: 0.05),
            ])
    }

    @Test("what can't be read is named; its total is then none")
    func failures() throws {
        var jetson = ina3221(["VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"])
        jetson["in1_input"] = "none"
        let root = try FixtureRoot(chips(["hwmon1": jetson, "hwmon2": ["power1_input": "1"]]))
        let (sensors, failures) = PowerMeters.discover(root.files)
        #expect(sensors.map(\.rail.isPart) == [false, false])
        #expect(failures.map(\.sensor) == ["hwmon ina3221 VDD_IN", "hwmon hwmon2"])
        #expect(failures[0].reason.hasSuffix("hwmon1/in1_input' holds 'none', no number"))
        #expect(failures[1].reason.contains("hwmon2/name': No such file"))
        // A folder in a file's place is an error of the read, not of opening it.
        try root.remove("sys/class/hwmon/hwmon1/curr2_input")
        try root.write("", "sys/class/hwmon/hwmon1/curr2_input/x")
        #expect(PowerMeters.discover(root.files).failures[1].reason.hasSuffix("curr2_input': Is a directory"))
    }
}
