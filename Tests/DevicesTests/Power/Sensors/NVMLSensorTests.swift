import CoExec
import Foundation
import Testing

@testable import Devices

@Suite(.enabled(if: NVMLStub.compiler != nil, "no C compiler to make a stub of NVML with"))
struct NVMLSensorTests {
    @Test("energy counters of two GPUs of a kind")
    func counters() throws {
        let root = try FixtureRoot()
        let stub = try NVMLStub(["COUNT": "2", "COUNTER": "0"])
        let (sensors, failures) = PowerMeters.discover(root.files, nvmlLibrary: stub.path)
        #expect(failures.isEmpty)
        #expect(
            sensors.map(\.rail)
                == ["NVIDIA Stub (0)", "NVIDIA Stub (1)"].map {
                    PowerRail(meter: "nvml", name: $0, quantity: .joules(wrapsAt: nil), load: .gpu)
                })
        let (one, two) = (try sensors[0].samples()[0], try sensors[1].samples()[0])
        // 30 W and 60 W since the clock's start, in steps of 20 ms.
        #expect(abs(one.value - Double(one.nanoseconds) * 30e-9) < 1)
        #expect(abs(two.value - Double(two.nanoseconds) * 60e-9) < 2)
    }

    @Test("power where there is no counter, or none in the library", arguments: [["COUNTER": "3"], [:]])
    func power(settings: [String: String]) throws {
        let stub = try NVMLStub(settings)
        let (sensors, failures) = PowerMeters.discover(meters: [.nvml], nvmlLibrary: stub.path)
        #expect(failures.isEmpty)
        let sensor = try #require(sensors.first)
        #expect(sensor.rail == PowerRail(meter: "nvml", name: "NVIDIA Stub", quantity: .watts, load: .gpu))
        #expect(try sensor.samples().map(\.value) == [30])
    }

    @Test("the library is shut down with its last sensor; a lost GPU says so")
    func lifetime() throws {
        let root = try FixtureRoot()
        let stub = try NVMLStub(["COUNTER": "0", "LOG": "\"\(root.path)/log\""])
        do {
            let sensors = PowerMeters.discover(root.files, nvmlLibrary: stub.path).sensors
            try #require(sensors.count == 1)
            #expect(try root.read("log") == "init")
            try root.write("", "log.lost")
            let lost = PowerSensorError(
                sensor: "nvml NVIDIA Stub", reason: "nvmlDeviceGetTotalEnergyConsumption: GPU is lost")
            #expect(throws: lost) { try sensors[0].samples() }
        }
        #expect(try root.read("log") == "init\nshutdown")
        // One that is lost from the start is no sensor.
        let (sensors, failures) = PowerMeters.discover(root.files, nvmlLibrary: stub.path)
        #expect(sensors.isEmpty && failures.map(\.reason) == ["nvmlDeviceGetTotalEnergyConsumption: GPU is lost"])
    }

    @Test("a library that does not start or is none")
    func unusable() throws {
        let root = try FixtureRoot(["text.so": "no library"])
        let stub = try NVMLStub(["INIT": "9"])
        let failures = PowerMeters.discover(root.files, nvmlLibrary: stub.path).failures
        #expect(failures.map(\.description) == ["nvml: nvmlInit_v2: Driver Not Loaded"])
        let none = PowerMeters.discover(root.files, nvmlLibrary: "\(root.path)/text.so").failures
        #expect(none.count == 1 && none[0].reason.contains("text.so"))
        let other = PowerMeters.discover(root.files, nvmlLibrary: "libm.so.6").failures
        #expect(other.map(\.reason) == ["'libm.so.6' lacks functions of NVML"])
    }
}
