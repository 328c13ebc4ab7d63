// PrecisionPlan: what a user writes of precisions, for which device it counts, and what is said of what can't be.

import Kernels
import Testing

@testable import Devices

@Suite struct PrecisionPlanTests {
    private let network: Network
    private let devices: [ResolvedDevice]

    init() throws {
        network = try NetworkCatalog.make("mobilenet_v1_0.25")
        devices = ["big", "gpu"].map { name in
            ResolvedDevice(UnitSummary(name: name, cpuUse: .hostThreads))
        }
    }

    private func formats(_ text: String?) throws -> [NumberFormat] {
        let plan = try PrecisionPlan(parsing: text, for: ["big", "gpu"])
        return try plan.networks(network, for: devices) { $0 }.map(\.format)
    }

    @Test(
        arguments: [
            (nil, [.fp32, .fp32]), ("BF16", [.bf16, .bf16]), ("gpu=fp16", [.fp32, .fp16]),
            ("GPU=int8,big=bf16", [.bf16, .int8]),
        ] as [(String?, [NumberFormat])])
    func eachDeviceHasItsOwn(text: String?, expected: [NumberFormat]) throws {
        let found = try formats(text)
        #expect(found == expected)
    }

    @Test func quantisesOnceIfAtAll() throws {
        for (text, expected) in [("fp16", 0), ("gpu=int8", 1), ("int8", 1)] {
            var count = 0
            let plan = try PrecisionPlan(parsing: text, for: ["big", "gpu"])
            _ = try plan.networks(network, for: devices) { network in
                count += 1
                return network
            }
            #expect(count == expected, "\(text)")
        }
    }

    @Test func saysWhatCannotBe() {
        let wrong: [(String, PrecisionPlanError)] = [
            ("int4", .unknownFormat("int4")), ("big=int8,int8", .notADevice("int8")),
            ("npu=int8", .unknownDevice("npu", available: ["big", "gpu"])), ("big=int8,BIG=fp32", .twice("big")),
        ]
        for (text, error) in wrong {
            #expect(throws: error) { try PrecisionPlan(parsing: text, for: ["big", "gpu"]) }
        }
    }
}
