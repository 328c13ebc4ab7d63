// Parts of a CPU device: which units they get by the plan, and on which thread and core they really run.
import Testing

@testable import NetworkGraph
@testable import OpenCLKernels

/// A little work for an OpenCL device.
struct ReluNetwork {
    private let shape: Shape
    private let network: Network

    init(_ shape: Shape = [1, 64, 56, 56]) throws {
        self.shape = shape
        var network = Network(name: "work")
        let input = try network.append(.tensor(shape))
        network.setOutputs(try network.append(.activation(.relu), input))
        self.network = network
    }

    /// - Returns: the output for values that alternate in sign.
    @discardableResult
    func run(on device: OpenCLDevice, times: Int = 1) throws -> [Float] {
        let context = try OpenCLEngine(device: device).compile(network).makeContext()
        var outputs = network.makeOutputs()
        let input = Tensor(shape, (0..<shape.count).map { Float($0 % 7 - 3) })
        for _ in 0..<times { try context.run([.tensor(input)], into: &outputs) }
        return outputs[0].values
    }
}

@Suite struct OpenCLConfinementTests {
    @Test func workersGetACoreEachWhereThereAreAsMany() {
        #expect(OpenCLConfinement.share(out: [3, 1], workerCount: 2) == [[3], [1]])
        #expect(OpenCLConfinement.share(out: [3, 1], workerCount: 1) == [[3, 1]])
        #expect(OpenCLConfinement.share(out: [3], workerCount: 2) == [[3], [3]])
    }

    @Test(arguments: [
        ([0], [[0], [1]], 0..<1), ([1], [[0], [1]], 1..<2), ([1, 0], [[0], [1]], 0..<2),
        ([1, 3], [[0], [2], [1], [3]], 2..<4), ([4], [[5], [4], [4]], 1..<3), ([0, 1], [[0, 1]], 0..<1),
    ])
    func unitsOnCores(cores: [Int], units: [[Int]], expected: Range<Int>) {
        #expect(OpenCLConfinement.units(on: cores, of: units) == expected)
    }

    @Test(
        "no units: not consecutive, elsewhere too, not there, only some of the cores",
        arguments: [
            ([0, 2], [[0], [1], [2]]), ([0], [[0, 1], [0, 1]]), ([7], [[0], [1]]), ([1, 7], [[0], [1]]),
        ])
    func noUnitsOnCores(cores: [Int], units: [[Int]]) {
        #expect(OpenCLConfinement.units(on: cores, of: units) == nil)
    }

    @Test func countsAreEqualWherePossible() {
        #expect(OpenCLConfinement.counts(upTo: 0..<3) == [3])
        #expect(OpenCLConfinement.counts(upTo: 4..<6) == [2, 2, 2])
        #expect(OpenCLConfinement.counts(upTo: 3..<5) == [3, 2])
        #expect(OpenCLConfinement.counts(upTo: 1..<4) == [1, 3])
    }
}

@Suite struct OpenCLSurveyTests {
    private static let broken = OpenCLError.call("clGetDeviceIDs", status: "CL_OUT_OF_HOST_MEMORY", device: nil)

    @Test func aBrokenPlatformOrDeviceHidesNoOther() {
        let survey = OpenCLSurvey<String>(
            of: [1, 2, 3, 4],
            name: { (platform) throws(OpenCLError) in
                if platform == 1 { throw Self.broken }
                return "platform \(platform)"
            },
            devices: { (platform) throws(OpenCLError) in
                if platform == 2 { throw Self.broken }
                return platform == 3 ? [31, 32, 33] : [41]
            },
            make: { (id, platform, name) throws(OpenCLError) in
                if id == 32 { throw Self.broken }
                return "\(id) of \(name)"
            })
        #expect(survey.devices == ["31 of platform 3", "33 of platform 3", "41 of platform 4"])
        #expect(survey.failures.map(\.platform) == [nil, "platform 2", "platform 3"])
        #expect(survey.failures.allSatisfy { $0.error == Self.broken })
        #expect(
            "\(survey.failures[1])"
                == "OpenCL platform 'platform 2': clGetDeviceIDs failed with CL_OUT_OF_HOST_MEMORY")
    }
}

extension OpenCLUnderTest {
    /// A CPU device of several units, each with a thread of its own.
    static let divisibleDevice = try? devices.get().first { $0.workers.count > 1 }
}

/// On a device whose threads are known, as PoCL's are.
@Suite(.enabled(if: OpenCLUnderTest.divisibleDevice != nil, "needs an OpenCL CPU device with two cores"))
struct OpenCLPartitionTests {
    private func device() throws -> OpenCLDevice { try #require(OpenCLUnderTest.divisibleDevice) }

    @Test func eachUnitHasAThreadAndACoreOfItsOwn() throws {
        let device = try device()
        #expect(device.workers.count == device.computeUnits && !device.isSubdevice)
        #expect(Set(device.workers.map(\.threadID)).count == device.computeUnits)
        #expect(Set(device.workers.map(\.allowedCPUs)).count == device.computeUnits)
        // In the order asked for, and as the kernel says now.
        #expect(device.workers.map(\.allowedCPUs) == OpenCL.cpuDeviceCores?.map { [$0] })
        #expect(device.workers.map { OpenCLWorker(threadID: $0.threadID) } == device.workers)
    }

    @Test func aPartRunsOnItsOwnThreadAndCore() throws {
        let device = try device()
        for worker in device.workers {
            let part = try device.confined(to: worker.allowedCPUs)
            #expect(part.isSubdevice && part.computeUnits == 1 && part.workers == [worker])
            let place = try part.runningThread()
            #expect(place.id == worker.threadID && place.cpu == worker.allowedCPUs[0])
        }
        let whole = try device.confined(to: device.workers.flatMap(\.allowedCPUs).reversed())
        #expect(!whole.isSubdevice && whole.computeUnits == device.computeUnits)
    }

    /// Kernels are compiled and run for a part as for a device.
    @Test func aPartsThreadComputesItsNetworks() throws {
        let device = try device()
        let expected = try ReluNetwork().run(on: device)
        #expect(expected.contains { $0 > 0 } && !expected.contains { $0 < 0 })
        for (index, part) in try device.subdevices(computeUnits: [1, 1]).enumerated() {
            let worker = try #require(part.workers.first)
            #expect(worker == device.workers[index])
            let before = try #require(worker.cpuNanoseconds)
            #expect(try ReluNetwork().run(on: part, times: 50) == expected)
            // 50 × 0.8 MB take a core no less than a millisecond.
            #expect(try #require(worker.cpuNanoseconds) - before > 1_000_000)
        }
    }

    @Test func partsOutliveTheListThatTheyCameFrom() throws {
        var part: OpenCLDevice? = try device().subdevices(computeUnits: [1, 1])[1]
        #expect(try part?.runningThread().id == part?.workers[0].threadID)
        let engine = try OpenCLEngine(device: try #require(part))
        part = nil
        #expect(try engine.device.runningThread().id == device().workers[1].threadID)
    }

    /// Commands that nobody waits for must not outlive their device.
    @Test func partsMayGoRightAfterARun() throws {
        let device = try device()
        let work = try ReluNetwork([1, 8, 4, 4])
        let expected = try work.run(on: device)
        for _ in 0..<50 { #expect(try work.run(on: device.subdevices(computeUnits: [1, 1])[0]) == expected) }
    }

    @Test func whatCannotBeIsRefused() throws {
        let device = try device()
        let tooMany = [1, device.computeUnits]
        #expect(
            throws: OpenCLError.partition(
                device: device.name, computeUnits: tooMany, reason: "it has \(device.computeUnits)")
        ) { try device.subdevices(computeUnits: tooMany) }
        #expect {
            try device.confined(to: [1000])
        } throws: { error in
            guard case .confinement(device.name, [1000], _) = error as? OpenCLError else { return false }
            return "\(error)".contains("cannot be kept to CPUs [1000]")
        }
    }

    @Test func aThreadThatHasEndedHasNoTime() throws {
        #expect(OpenCLWorker(threadID: 1 << 22, allowedCPUs: []).cpuNanoseconds == nil)
        #expect(try #require(device().workers[0].cpuNanoseconds) > 0)
    }
}
