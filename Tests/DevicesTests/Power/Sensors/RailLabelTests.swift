import Testing

@testable import Devices

@Suite struct RailLabelTests {
    @Test(
        "labels of real boards",
        arguments: [
            // Jetson Nano, TX2, Xavier, Orin
            ("POM_5V_IN", .machine), ("POM_5V_GPU", .gpu), ("POM_5V_CPU", .cpus),
            ("VDD_IN", .machine), ("VDD_SYS_CPU", .cpus), ("VDD_SYS_GPU", .gpu), ("VDD_SYS_SOC", .other),
            ("VDD_SYS_DDR", .memory), ("VDD_4V0_WIFI", .other),
            ("GPU", .gpu), ("CPU", .cpus), ("SOC", .other), ("CV", .other), ("VDDRQ", .memory), ("SYS5V", .other),
            ("VDD_CPU_GPU_CV", .other), ("VDD_CPU_CV", .cpus), ("VDD_GPU_SOC", .gpu), ("VIN_SYS_5V0", .other),
            ("VDDQ_VDD2_1V8AO", .memory),
            // Juno's SCP
            ("SYS_ENM_A57", .core("Cortex-A57")), ("SYS_POW_A53", .core("Cortex-A53")), ("SYS_POW_GPU", .gpu),
            ("SYS_POW_SYS", .other), ("VA57", .core("Cortex-A57")), ("VGPU", .gpu),
            // Rockchip, Exynos, HiKey
            ("vdd_cpu_big0_s0", .cluster("big")), ("vdd_cpu_lit_s0", .cluster("LITTLE")), ("vdd_gpu_s0", .gpu),
            ("vdd_ddr_s0", .memory), ("vdd_cpu_b", .cluster("big")), ("vdd_cpu_l", .cluster("LITTLE")),
            ("VDD_G3D", .gpu), ("VDD_MIF", .memory), ("Cortex-A73", .core("Cortex-A73")),
            // Servers and cards
            ("CPU power", .cpus), ("IO power", .other), ("Esocket0", .package), ("power total", .machine),
            ("CPU Power Socket 0", .cpus), ("Grace Power Socket 0", .package), ("Module Power Socket 0", .machine),
            ("PPT", .other), ("", .other), ("A15 and A7", .cpus), ("x1", .other),
        ] as [(String, PowerRail.Load)])
    func load(label: String, load: PowerRail.Load) { #expect(RailLabel(label).load == load) }

    @Test func totalsAndEmptyChannels() {
        #expect(RailLabel("VDD_IN").isTotal && RailLabel("pin").isTotal && RailLabel("card").isTotal)
        #expect(!RailLabel("VDD_SOC").isTotal && !RailLabel("pout1").isTotal)
        #expect(RailLabel("NC").isUnconnected && !RailLabel("NCORE").isUnconnected)
    }

    @Test("energy and power of a rail are the same rail's")
    func keys() {
        #expect(RailLabel("SYS_ENM_A57").key == RailLabel("SYS_POW_A57").key)
        #expect(RailLabel("SYS_ENM_A57").key != RailLabel("SYS_POW_A53").key)
    }
}
