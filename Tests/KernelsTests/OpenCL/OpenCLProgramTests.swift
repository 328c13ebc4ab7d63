// Programs from the cache, from source, and from the source because the cache's are no good. On the machine's first
// device.
import Foundation
import Testing

@testable import NetworkGraph
@testable import OpenCLKernels

@Suite("OpenCL programs", .enabled(if: OpenCLUnderTest.skipReason == nil, "needs an OpenCL device"))
struct OpenCLProgramTests {
    let test = CacheFolderOfTest()
    let context: OpenCLContextHandle
    let build = OpenCLBuild(.softmax, .cpu(4, 1))

    init() throws { context = try OpenCLContextHandle(OpenCLUnderTest.devices.get()[0]) }

    private var cache: OpenCLProgramCache { OpenCLProgramCache(folder: test.folder) }

    private func key(_ build: OpenCLBuild) throws -> OpenCLProgramKey {
        try OpenCLProgramKey(source: build.text, options: build.compilerOptions, device: context.device)
    }

    private func path(_ build: OpenCLBuild) throws -> String {
        test.folder + "/" + OpenCLProgramCache.fileName(try key(build))
    }

    /// As another process would: builds, keeps, and says where the program came from.
    @discardableResult
    private func start(_ build: OpenCLBuild) throws -> OpenCLProgram.Origin {
        let programs = OpenCLPrograms(context, cache: cache)
        let program = try programs.program(build)
        #expect(try programs.program(build) === program)
        programs.keepBinaries(of: [build])
        return program.origin
    }

    /// A start that fills the cache; false where the driver has no binary to give.
    private func fill() throws -> Bool {
        #expect(try start(build) == .source)
        return FileManager.default.fileExists(atPath: try path(build))
    }

    @Test func aKeyHasAllThatABinaryDependsOn() throws {
        let device = context.device
        #expect(try key(build) == key(build))
        let text = String(decoding: try key(build).text, as: UTF8.self)
        for part in [
            device.platform, device.name, device.vendor, device.version, device.driverVersion, build.compilerOptions,
            String(decoding: build.text, as: UTF8.self),
        ] {
            #expect(text.contains(":\n\(part)\n"), "\(part)")
        }
        #expect(text.contains("platform version, "))
    }

    @Test func theSecondStartLoadsWhatTheFirstBuilt() throws {
        guard try fill() else { return }
        #expect(try start(build) == .binary)
        let other = OpenCLBuild(.softmax, .cpu(8, 1))
        #expect(try start(other) == .source)
        #expect(try start(other) == .binary)
        #expect(try start(build) == .binary)
    }

    @Test func withoutACacheTheSourceIsBuilt() throws {
        guard try fill() else { return }
        let programs = OpenCLPrograms(context, cache: nil)
        #expect(try programs.program(build).origin == .source)
        programs.keepBinaries(of: [build])
    }

    /// Not those that were only tried out, and none twice.
    @Test func onlyTheProgramsInUseAreKept() throws {
        guard try fill() else { return }
        try FileManager.default.removeItem(atPath: test.folder)
        let tried = OpenCLBuild(.softmax, .cpu(8, 1))
        let programs = OpenCLPrograms(context, cache: cache)
        _ = try programs.program(tried)
        _ = try programs.program(build)
        programs.keepBinaries(of: [build, build])
        #expect(cache.binary(for: try key(build)) != nil)
        #expect(cache.binary(for: try key(tried)) == nil)
        try FileManager.default.removeItem(atPath: test.folder)
        programs.keepBinaries(of: [build])
        #expect(!FileManager.default.fileExists(atPath: test.folder))
    }

    enum Damage: CaseIterable {
        case empty, halved, flippedHeader, flippedBinary, otherFormat, otherKey, othersMayWrite, unreadable
        /// The file is right, the binary in it isn't the driver's.
        case garbage, otherDevice
    }

    @Test(arguments: Damage.allCases) func whatIsDamagedIsBuiltAnewAndReplaced(damage: Damage) throws {
        guard try fill() else { return }
        let path = try path(build)
        var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var binary = try #require(cache.binary(for: try key(build)))
        switch damage {
        case .empty: bytes = []
        case .halved: bytes.removeLast(bytes.count / 2)
        case .flippedHeader: bytes[10] ^= 1
        case .flippedBinary: bytes[bytes.count - binary.count / 2] ^= 1
        case .otherFormat:
            let line = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            bytes.replaceSubrange(
                ..<line.utf8.count, with: line.replacingOccurrences(of: "format ", with: "format 9").utf8)
        case .otherKey:
            let other = OpenCLProgramKey(source: build.text, options: build.compilerOptions, target: [])
            #expect(cache.keep(binary, for: other))
            bytes = [UInt8](
                try Data(contentsOf: URL(fileURLWithPath: test.folder + "/" + OpenCLProgramCache.fileName(other))))
        case .othersMayWrite, .unreadable: break
        case .garbage: binary = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 151) }
        // PoCL's number of its kind of device; others' magic number or version.
        case .otherDevice: for position in 8..<16 { binary[position] ^= 0x5a }
        }
        switch damage {
        case .garbage, .otherDevice:
            #expect(cache.keep(binary, for: try key(build)))
            #expect(cache.binary(for: try key(build)) == binary)
        case .othersMayWrite: #expect(chmod(path, 0o666) == 0)
        case .unreadable:
            try FileManager.default.removeItem(atPath: path)
            #expect(mkfifo(path, 0o600) == 0)
        default:
            #expect([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) != bytes)
            try CacheFolderOfTest.overwrite(path, with: bytes)
        }
        #expect(try start(build) == .source)
        #expect(try start(build) == .binary)
    }

    @Test func aFolderThatCannotBeWrittenCostsBuildingAgain() throws {
        for _ in 0..<2 {
            let programs = OpenCLPrograms(context, cache: OpenCLProgramCache(folder: "/dev/null/coexec"))
            #expect(try programs.program(build).origin == .source)
            programs.keepBinaries(of: [build])
        }
    }

    @Test func whatDoesNotBuildSaysWhyAndIsNotKept() throws {
        let broken = OpenCLBuild(.softmax, .cpu(4, 1), "-DWIDTH=misspelt")
        for _ in 0..<2 {
            #expect {
                try start(broken)
            } throws: { error in
                guard case .build("softmax", context.device.name, let log) = error as? OpenCLError else { return false }
                return log.contains("misspelt")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: test.folder))
    }

    @Test func refusedOptionsAreExplained() throws {
        #expect {
            _ = try OpenCLProgram(
                context, name: "options", source: Array("__kernel void f() {}".utf8), options: "-no-such-option")
        } throws: { error in
            switch error as? OpenCLError {
            case .build("options", context.device.name, let log): log.contains("no-such-option")
            // A driver without a log for it.
            case .call("clBuildProgram of 'options'", "CL_INVALID_BUILD_OPTIONS", context.device.name): true
            default: false
            }
        }
    }

    @Test func aBinaryComputesTheSame() throws {
        let source = Array(
            """
            __kernel void series(__global float *x, float step) {
                int const i = get_global_id(0);
                x[i] = exp(x[i] * step) + i;
            }
            """.utf8)
        let content = (0..<64).map { Float($0) / 16 - 2 }
        let built = try OpenCLProgram(context, name: "series", source: source, options: "")
        let expected = try run(built, content)
        for (index, value) in expected.enumerated() {
            let wanted: Float = exp(content[index] / 2) + Float(index)
            #expect(abs(value - wanted) < 1e-3)
        }
        guard let binary = built.binary() else { return }
        let loaded = try #require(OpenCLProgram(context, binary: binary, options: ""))
        #expect(loaded.origin == .binary)
        #expect(try run(loaded, content) == expected)
        // And in a context of its own, as in another process.
        let other = try OpenCLContextHandle(context.device)
        let there = try #require(OpenCLProgram(other, binary: binary, options: ""))
        #expect(try run(there, content, other) == expected)
    }

    private func run(_ program: OpenCLProgram, _ content: [Float], _ other: OpenCLContextHandle? = nil) throws
        -> [Float]
    {
        let queue = try OpenCLQueue(other ?? context)
        let buffer = try OpenCLBuffer(other ?? context, byteCount: content.count * 4)
        try content.withUnsafeBytes { try queue.upload($0, to: buffer) }
        let kernel = try program.makeKernel("series")
        try kernel.set(0, buffer)
        try kernel.set(1, Float(0.5))
        try queue.enqueue(kernel, "series", global: [content.count], local: [1])
        var result = content
        try result.withUnsafeMutableBytes { try queue.download(buffer, to: $0) }
        return result
    }

    /// Networks keep their programs when their kernels have run, and compute the same from binaries.
    @Test func aNetworkComputesTheSameFromBinaries() throws {
        var network = Network(name: "small")
        let input = try network.append(.tensor([1, 8, 6, 6]))
        let sum = try network.append(.addition(.identity), try network.append(.activation(.relu), input), input)
        network.setOutputs(try network.append(.softmax(axis: 1), sum))
        let values = (0..<network.nodes[input].shape.count).map { Float($0 % 17) / 8 - 1 }
        func outputs(_ cache: OpenCLProgramCache?) throws -> (origins: Set<OpenCLProgram.Origin>, values: [Float]) {
            let plan = OpenCLPlan(network, OpenCLTraits(for: context.device))
            let compiled = try OpenCLNetwork(plan, context, OpenCLPrograms(context, cache: cache))
            let execution = try compiled.makeContext()
            var outputs = network.makeOutputs()
            try execution.run([.tensor(Tensor([1, 8, 6, 6], values))], into: &outputs)
            return (Set(compiled.programs.map(\.origin)), outputs[0].values)
        }
        let (none, expected) = try outputs(nil)
        #expect(none == [.source])
        #expect(try outputs(cache).origins == [.source])
        guard FileManager.default.fileExists(atPath: test.folder) else { return }
        let (origins, loaded) = try outputs(cache)
        #expect(origins == [.binary])
        #expect(loaded == expected)
    }

    @Test func manyThreadsAtOnce() async throws {
        let (context, cache, build) = (context, cache, build)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<3 {
                        let programs = OpenCLPrograms(context, cache: cache)
                        _ = try programs.program(build).makeKernel("softmax_along")
                        programs.keepBinaries(of: [build])
                    }
                }
            }
            try await group.waitForAll()
        }
        guard FileManager.default.fileExists(atPath: test.folder) else { return }
        #expect(try start(build) == .binary)
    }
}
