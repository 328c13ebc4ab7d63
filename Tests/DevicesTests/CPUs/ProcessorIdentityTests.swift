import Testing

@testable import Devices

@Suite struct ProcessorIdentityTests {
    let board = CPUInventory(
        online: cpus(0...7), cores: nil,
        kinds: [
            .init(cpus: cpus(0...3), efficiency: 0, maxMegahertz: 1843.2),
            .init(cpus: cpus(4...7), efficiency: 1, maxMegahertz: 2362),
        ],
        coreModels: Dictionary(
            uniqueKeysWithValues: (0..<8).map {
                (
                    $0,
                    $0 < 4 ? CoreModel(armImplementer: 0x41, part: 0xd03) : CoreModel(armImplementer: 0x41, part: 0xd09)
                )
            }), modelName: "Kirin 970", features: "asimd")

    @Test func namesCoresAndFrequencies() {
        #expect(board.processorIdentity(of: cpus(0...3)) == "Kirin 970; asimd; 4 × Cortex-A53 1843 MHz")
        #expect(board.processorIdentity(of: cpus(4...7)) == "Kirin 970; asimd; 4 × Cortex-A73 2362 MHz")
        #expect(
            board.processorIdentity(of: [3, 4, 5])
                == "Kirin 970; asimd; 1 × Cortex-A53 1843 MHz; 2 × Cortex-A73 2362 MHz")
    }

    @Test func likeCoresAreOne() {
        #expect(board.processorIdentity(of: [4, 5]) == board.processorIdentity(of: [6, 7]))
        #expect(board.processorIdentity(of: [4, 5]) != board.processorIdentity(of: [4, 5, 6]))
    }

    /// Two threads of one core aren't two cores.
    @Test func siblingsAreOneCore() {
        let desktop = CPUInventory(online: cpus(0...3), cores: [[0, 2], [1, 3]])
        #expect(desktop.cores(of: cpus(0...3)) == [[0, 2], [1, 3]])
        #expect(desktop.cores(of: [0, 1]) == [[0], [1]])
        #expect(desktop.processorIdentity(of: cpus(0...3)) == "2 × core 2 threads")
        #expect(desktop.processorIdentity(of: [0, 1]) == "2 × core")
        #expect(desktop.processorIdentity(of: [0, 2]) == "1 × core 2 threads")
    }

    @Test func virtualProcessorsOfOneBrandDiffer() {
        func features(_ model: Int, _ flags: String) -> String? {
            ProcessorInformation(
                parsing: """
                    processor\t: 0
                    cpu family\t: 25
                    model\t\t: \(model)
                    model name\t: AMD EPYC
                    stepping\t: 1
                    flags\t\t: fpu \(flags) smep syscall
                    """
            ).features
        }
        #expect(features(17, "sse2 avx2 avx512f") == "cpu family 25 model 17 stepping 1 avx2 avx512f sse2")
        #expect(features(17, "sse2 avx2") == "cpu family 25 model 17 stepping 1 avx2 sse2")
        #expect(features(1, "avx2 sse2 new_kernel_flag") == "cpu family 25 model 1 stepping 1 avx2 sse2")
        #expect(ProcessorInformation(parsing: "processor\t: 0\nFeatures\t: fp asimd sve2\n").features == "asimd sve2")
        #expect(ProcessorInformation(parsing: "").features == nil)
    }
}
