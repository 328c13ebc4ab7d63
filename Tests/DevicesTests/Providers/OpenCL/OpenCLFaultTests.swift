// OpenCL devices that fail in the middle of a stream: nothing is lost, and they come back when they can.
import CoExec
import Kernels
import OpenCLFaults
import Testing

@testable import Devices

/// CPU devices get the last core, unless another test looked first.
private let anyDevice: OpenCLDevice? = {
    let last = ((try? Topology.thisMachine())?.inventory.allowed.numbers.last).map { [$0] }
    return ((try? OpenCL.devices(cpuDeviceCores: last)) ?? (try? OpenCL.devices()))?.first
}()

@Suite("OpenCL faults", .enabled(if: anyDevice != nil, "needs an OpenCL device"), .serialized)
struct OpenCLFaultTests {
    /// An engine whose context is exposed to faults. Made on the test's thread; lanes have their own.
    private func exposedEngine() throws -> OpenCLEngine {
        OpenCLFaults_begin()
        OpenCLFaults_watch(true)
        defer { OpenCLFaults_watch(false) }
        return try OpenCLEngine(device: anyDevice!)
    }

    private func device(_ name: String, _ engine: any Engine, speed: Double = 1) -> NetworkDevice<Image> {
        try! NetworkDevice(
            name: name, laneCount: 1, threadsPerLane: 1, speed: speed, network: NetworkDeviceTests.meanColour,
            engine: engine, bindThread: { _ in })
    }

    /// Runs frames on an exposed OpenCL device, and on the reference at a part of its speed if asked, after arming a
    /// fault. Checks that all results come, in order, and that those that aren't errors are right.
    private func run(frames: Int, besideReference: Bool = true, arm: () -> Void) throws -> StreamReport {
        var devices = [device("gpu", try exposedEngine())]
        defer { OpenCLFaults_heal() }
        if besideReference { devices.append(device("reference", ReferenceEngine(), speed: 0.02)) }
        var options = StreamOptions()
        options.faults.firstPauseNanoseconds = 1_000_000
        let stream = try FrameStream(devices: devices, options: options)
        arm()
        var next = 0
        var delivered = 0
        let source: () -> Image? = {
            defer { next += 1 }
            return next < frames ? NetworkDeviceTests.image(UInt8(next % 256)) : nil
        }
        try stream.run(source: source) { delivery in
            if case .success(let outputs) = delivery.result {
                // Of the next frame, whose number is one more. Shares of covered pixels are rounded.
                #expect(abs(outputs[0].values[0] - Float(delivered % 256)) < 0.01)
            }
            #expect(delivery.sequence == delivered)
            delivered += 1
        }
        #expect(delivered == frames)
        return stream.report()
    }

    @Test func framesOfAFailingDeviceRunElsewhere() throws {
        let report = try run(frames: 1000, arm: { OpenCLFaults_failLaunches(50, -5) })
        #expect(report.devices[0].failedRuns > 0 && report.devices[0].timesSetAside > 0)
        #expect(report.failedFrames == 0 && report.devices[1].frames > 900)
    }

    @Test func aLostDeviceStartsAnew() throws {
        // A new context isn't exposed: all goes well once the device has one.
        let report = try run(frames: 5000, arm: { OpenCLFaults_loseDevice(50) })
        #expect(report.failedFrames == 0 && report.devices[0].failedRuns > 0)
        #expect(report.devices[0].frames > 1000, "it ran \(report.devices[0].frames) frames, few after its loss")
    }

    @Test func aLostDeviceOnItsOwnLosesOneFrame() throws {
        let report = try run(frames: 500, besideReference: false, arm: { OpenCLFaults_loseDevice(50) })
        #expect(report.failedFrames == 1 && report.frames == 500)
    }

    @Test func outOfMemoryIsSaidWhenTheStreamIsMade() throws {
        let engine = try exposedEngine()
        OpenCLFaults_limitMemory(64)
        defer { OpenCLFaults_heal() }
        #expect {
            _ = try FrameStream(devices: [device("gpu", engine)])
        } throws: { error in
            "\(error)".hasPrefix("device 'gpu': clCreateBuffer of ")
                && "\(error)".hasSuffix(" failed with CL_MEM_OBJECT_ALLOCATION_FAILURE on '\(anyDevice!.name)'")
        }
    }

    @Test func halfPrecisionIsRefusedWhereTheDeviceLacksIt() throws {
        let device = anyDevice!
        if device.supportsHalf || device.kind == .gpu {
            _ = try OpenCLEngine(device: device, precision: .fp16)
        } else {
            #expect(throws: OpenCLError.precision(.fp16, device: device.name)) {
                _ = try OpenCLEngine(device: device, precision: .fp16)
            }
        }
    }
}
