import Glibc
import Kernels
import Testing

// See VersionTests.
#if compiler(>=6.3)
import CCoExec
#else
import var CCoExec.COEXEC_DROP_NEWEST
import let CCoExec.COEXEC_NO_TUNING
import var CCoExec.COEXEC_NV12
import struct CCoExec.coexec_picture
import struct CCoExec.coexec_pool_options
import struct CCoExec.coexec_result
import struct CCoExec.coexec_stream_options
#endif

@testable import CoExecC
@testable import Sessions

/// What the C layer takes of its caller's thread for a picture, beyond what the same calls of Sessions take: both on one
/// stream, in turn, while its lane has nothing to do. CPU time, so that other threads don't matter.
@Suite struct CallCostTimedTests {
    static let count = 64
    private static let width = 1280
    private static let height = 720

    private final class Planes: @unchecked Sendable {  // never changed
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: width * height * 3 / 2)
        init() { bytes.initialize(repeating: 100, count: width * height * 3 / 2) }
        deinit { bytes.deallocate() }
    }

    private struct Costs {
        var submit: [Int] = []
        var receive: [Int] = []
        /// Microseconds a picture.
        var medians: (submit: Double, receive: Double) { (median(submit), median(receive)) }
        private func median(_ times: [Int]) -> Double {
            Double(times.sorted()[times.count / 2]) / Double(CallCostTimedTests.count) / 1000
        }
    }

    private static func time(_ body: () throws -> Void) rethrows -> Int {
        var (before, after) = (timespec(), timespec())
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
        try body()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
        return (after.tv_sec - before.tv_sec) * 1_000_000_000 + after.tv_nsec - before.tv_nsec
    }

    private static func open(_ task: String) -> (pool: OpaquePointer, stream: OpaquePointer)? {
        var (pool, stream): (OpaquePointer?, OpaquePointer?)
        return "cpu:0".withCString { devices in
            var options = coexec_pool_options()
            options.struct_size = UInt32(MemoryLayout<coexec_pool_options>.size)
            (options.devices, options.flags) = (devices, UInt32(COEXEC_NO_TUNING))
            guard coexec_pool_open(&options, &pool, nil, 0) == 0, let pool else { return nil }
            return "conv16_mnist".withCString { network in
                task.withCString { task in
                    var options = coexec_stream_options()
                    options.struct_size = UInt32(MemoryLayout<coexec_stream_options>.size)
                    (options.builtin, options.task, options.window) = (network, task, Int32(count))
                    // Never waits for a lane.
                    options.admission = Int32(COEXEC_DROP_NEWEST)
                    guard coexec_stream_open(pool, &options, &stream, nil, 0) == 0 else { return nil }
                    return stream.map { (pool, $0) }
                }
            }
        }
    }

    private static func picture(_ planes: Planes) -> coexec_picture {
        var picture = coexec_picture()
        picture.struct_size = UInt32(MemoryLayout<coexec_picture>.size)
        picture.format = Int32(COEXEC_NV12)
        (picture.width, picture.height) = (Int32(width), Int32(height))
        (picture.planes.0, picture.planes.1) = (UnsafePointer(planes.bytes), UnsafePointer(planes.bytes + width * height))
        (picture.strides.0, picture.strides.1) = (Int32(width), Int32(width))
        picture.release = { _ in }
        return picture
    }

    /// A round through C.
    private static func runC(_ stream: OpaquePointer, _ planes: Planes, _ costs: inout Costs) throws {
        var picture = picture(planes)
        costs.submit.append(time { for _ in 0..<count { _ = coexec_submit(stream, &picture, -1) } })
        usleep(20_000)
        var result = coexec_result()
        result.struct_size = UInt32(MemoryLayout<coexec_result>.size)
        var failures = 0
        costs.receive.append(
            time {
                for _ in 0..<count {
                    if coexec_receive(stream, &result, -1) != 0 || result.status != 0 { failures += 1 }
                    coexec_result_clear(&result)
                }
            })
        #expect(failures == 0)
    }

    /// The same through Sessions.
    private static func runSwift(_ stream: SessionStream, _ planes: Planes, _ costs: inout Costs) throws {
        costs.submit.append(
            try time {
                for _ in 0..<count {
                    _ = stream.submit(
                        try Image(
                            .nv12, width: width, height: height,
                            planes: [
                                ImagePlane(planes.bytes, stride: width),
                                ImagePlane(planes.bytes + width * height, stride: width),
                            ], colours: .bt709, owner: planes),
                        tag: PictureTag(user: nil, pts: 0), waiting: nil)
                }
            })
        usleep(20_000)
        var failures = 0
        costs.receive.append(
            time {
                for _ in 0..<count {
                    guard case .result(let result) = stream.receive(waiting: nil), result.finding != nil else {
                        failures += 1
                        continue
                    }
                }
            })
        #expect(failures == 0)
    }

    @Test(arguments: ["classify", "tensors"]) func theLayerTakesMicroseconds(_ task: String) throws {
        let (pool, stream) = try #require(Self.open(task))
        let sessionStream = try #require(StreamBox.at(stream)).stream
        let planes = Planes()
        var (throughC, throughSwift) = (Costs(), Costs())
        for _ in 0..<2 {
            // The first half warms up.
            (throughC, throughSwift) = (Costs(), Costs())
            for _ in 0..<20 {
                try Self.runC(stream, planes, &throughC)
                try Self.runSwift(sessionStream, planes, &throughSwift)
            }
        }
        let (c, swift) = (throughC.medians, throughSwift.medians)
        let cost = c.submit + c.receive - swift.submit - swift.receive
        print("C layer, \(task): submit \(c.submit), receive and clear \(c.receive) µs; Sessions: \(swift.submit), "
            + "\(swift.receive) µs; the layer itself \(cost) µs")
        #if !DEBUG
        #expect(cost <= 5)
        #endif
        coexec_close(stream)
        #expect(coexec_pool_close(pool) == 0)
    }
}
