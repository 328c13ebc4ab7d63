import Testing

@testable import Devices

@Suite struct PowerPlanTests {
    private let big = CPUCluster(name: "big", cpus: cpus(4...7), efficiency: 1, core: "Cortex-A15")
    private let little = CPUCluster(name: "LITTLE", cpus: cpus(0...3), efficiency: 0, core: "Cortex-A7")

    private func rail(_ meter: String, _ name: String, _ load: PowerRail.Load, isPart: Bool = false) -> PowerRail {
        PowerRail(meter: meter, name: name, quantity: .watts, load: load, isPart: isPart)
    }

    private func clusters(_ name: String, _ clusters: [CPUCluster]) -> PowerPlan.Consumer {
        PowerPlan.Consumer(name: name) { CPURails.positions(of: clusters, in: $0) }
    }

    private func gpu(_ name: String, _ vendor: String) -> PowerPlan.Consumer {
        PowerPlan.Consumer(name: "gpu") { GPURails.positions(of: name, vendor, in: $0) }
    }

    private var consumers: [PowerPlan.Consumer] {
        [
            clusters("big", [big]), clusters("LITTLE", [little]), gpu("Mali-T628", "ARM"),
            clusters("cpu", [big, little]),
        ]
    }

    @Test func eachClusterHasItsRailOnTheXU3() {
        let rails = [
            rail("ina231", "A15", .core("Cortex-A15")), rail("ina231", "memory", .memory), rail("ina231", "GPU", .gpu),
            rail("ina231", "A7", .core("Cortex-A7")),
        ]
        let plan = PowerPlan(rails: rails, consumers: consumers)
        #expect(plan.own == [[0], [3], [2], [0, 3]])
        #expect(plan.combined == [0, 1, 2, 3])
    }

    @Test("parts of a package aren't added to it, memory beside it is")
    func packages() {
        let rails = [
            rail("rapl", "package-0", .package), rail("rapl", "core", .cpus, isPart: true),
            rail("rapl", "uncore", .gpu, isPart: true), rail("rapl", "dram", .memory), rail("rapl", "psys", .machine),
            rail("rapl", "package-1", .package), rail("hwmon amd_energy", "Esocket0", .package),
            rail("battery", "BAT0", .machine),
        ]
        let plan = PowerPlan(rails: rails, consumers: consumers)
        #expect(plan.combined == [0, 3, 5])
        // RAPL's uncore is Intel's own GPU.
        #expect(plan.own == [[1], [1], [], [1]])
    }

    @Test func aBoardsInputTellsAll() {
        let rails = [
            rail("hwmon ina3221", "VDD_CPU_GPU_CV", .other, isPart: true), rail("hwmon ina3221", "VDD_IN", .machine),
            rail("hwmon ina3221", "VDD_SOC", .other, isPart: true),
        ]
        let plan = PowerPlan(rails: rails, consumers: consumers)
        #expect(plan.combined == [1])
        #expect(plan.own == [[], [], [], []])
    }

    @Test func aBatteryTellsAllWhereNothingElseDoes() {
        let battery = rail("battery", "BAT0", .machine)
        #expect(PowerPlan(rails: [battery], consumers: consumers).combined == [0])
        #expect(PowerPlan(rails: [battery, rail("nvml", "GPU 0", .gpu)], consumers: consumers).combined == [1])
        #expect(PowerPlan(rails: [], consumers: consumers).combined == [])
    }

    @Test("a GPU's rail is that of its maker and name, or none")
    func gpus() {
        let rails = [
            rail("rapl", "uncore", .gpu, isPart: true), rail("nvml", "NVIDIA X (0)", .gpu),
            rail("nvml", "NVIDIA X (1)", .gpu), rail("nvml", "NVIDIA Y", .gpu), rail("hwmon amdgpu", "PPT", .gpu),
        ]
        func own(_ name: String, _ vendor: String, _ rails: [PowerRail]) -> [Int] {
            PowerPlan(rails: rails, consumers: [gpu(name, vendor)]).own[0]
        }
        #expect(own("NVIDIA Y", "NVIDIA Corporation", rails) == [3])
        #expect(own("NVIDIA X", "NVIDIA Corporation", rails) == [])
        #expect(own("Intel(R) UHD Graphics", "Intel(R) Corporation", rails) == [0])
        #expect(own("gfx1100", "Advanced Micro Devices, Inc.", rails) == [4])
        #expect(own("Mali-T628", "ARM", [rail("ina231", "GPU", .gpu)]) == [0])
    }

    @Test func severalGPUsAndUnknownLoadsAllCount() {
        let rails = [
            rail("hwmon amdgpu", "PPT", .gpu), rail("nvml", "GPU 0", .gpu), rail("hwmon ina3221", "SOC", .other),
            rail("hwmon ina226", "USB", .other), rail("hwmon ina226", "ddr", .memory), rail("rapl", "dram", .memory),
        ]
        #expect(PowerPlan(rails: rails, consumers: consumers).combined == [0, 1, 2, 3, 4])
    }

    @Test("one cluster's rail says nothing of a device with CPUs of two")
    func partlyMeasured() {
        let plan = PowerPlan(
            rails: [rail("hwmon scmi_sensors", "big", .cluster("big")), rail("hwmon scmi_sensors", "sys", .machine)],
            consumers: consumers)
        #expect(plan.own == [[0], [], [], []])
        #expect(plan.combined == [1])
    }
}
