// Which engines the conformance suite runs on: one line each.
import Kernels
import Testing

/// An engine that the conformance suite makes, runs and compares with the reference.
struct EngineUnderTest: Sendable, CustomTestStringConvertible {
    let name: String
    /// Why it can't run here, for example "no OpenCL platform"; nil if it can. Any other failure fails the tests.
    let skipReason: String?
    /// Whether it lacks operations, and throws `NetworkError` for them.
    let refusesOperations: Bool
    let make: @Sendable () throws -> any Engine

    init(
        _ name: String, skipReason: String? = nil, refusesOperations: Bool = false,
        make: @escaping @Sendable () throws -> any Engine
    ) {
        (self.name, self.skipReason, self.refusesOperations, self.make) = (name, skipReason, refusesOperations, make)
    }

    var testDescription: String { name }

    static let all: [EngineUnderTest] = [
        EngineUnderTest("reference") { ReferenceEngine() },
        EngineUnderTest("oneDNN, 1 thread") { CPUEngine(threads: 1) },
        EngineUnderTest("oneDNN, 2 threads") { CPUEngine(threads: 2) },
        EngineUnderTest("oneDNN, its own layouts") { CPUEngine(threads: 1, tuning: .library) },
        EngineUnderTest("oneDNN, blocked") { CPUEngine(threads: 1, tuning: .blocked) },
        EngineUnderTest("oneDNN, Winograd") { CPUEngine(threads: 1, tuning: .winograd) },
    ] + openCL

    static let runnable = all.filter { $0.skipReason == nil }
    static let skipped = all.filter { $0.skipReason != nil }
}
