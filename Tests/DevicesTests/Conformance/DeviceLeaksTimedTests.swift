// What devices leave behind when their lanes are opened and closed many times. Counts the whole process, so that nothing
// may run beside it.

import CoExec
import Glibc
import Kernels
import Synchronization
import System
import Testing

@testable import Devices

@Suite(.serialized) struct DeviceLeaksTimedTests {
    private struct Holdings {
        let threads: Int
        let descriptors: Int

        /// Threads of the test runner may end meanwhile.
        func isWithin(_ other: Holdings) -> Bool {
            threads <= other.threads && descriptors <= other.descriptors
        }

        static func now() -> Holdings {
            Holdings(
                threads: ThreadAffinity.threads.count,
                descriptors: SystemFiles.thisMachine.names(in: "proc/self/fd").count)
        }
    }

    @Test(arguments: DeviceUnderTest.all) func closedLanesLeaveNothing(device test: DeviceUnderTest) throws {
        let device = try test.make().device
        // Runtimes start threads and open files that stay, once.
        try openAndClose(device, times: 8)
        let before = Holdings.now()
        try openAndClose(device, times: test.openings)
        var after = Holdings.now()
        // The kernel takes a moment to forget a thread that was joined.
        for _ in 0..<100 where !after.isWithin(before) {
            usleep(20_000)
            after = Holdings.now()
        }
        #expect(after.isWithin(before), "\(after), \(before) before")
    }

    @Test(arguments: DeviceUnderTest.all) func endedStreamsLeaveNothing(device test: DeviceUnderTest) throws {
        func stream() throws {
            let stream = try FrameStream(devices: [test.make().device])
            for grey in 0..<4 { #expect(stream.push(NetworkDeviceTests.image(UInt8(grey)))) }
            for _ in 0..<4 { _ = try stream.pull()?.result.get() }
            stream.cancel()
        }
        for _ in 0..<3 { try stream() }
        let before = Holdings.now()
        for _ in 0..<20 { try stream() }
        var after = Holdings.now()
        for _ in 0..<100 where !after.isWithin(before) {
            usleep(20_000)
            after = Holdings.now()
        }
        #expect(after.isWithin(before), "\(after), \(before) before")
    }

    /// On threads of their own, eight at a time, as a stream does.
    private func openAndClose(_ device: NetworkDevice<Image>, times: Int) throws {
        let failures = Mutex<[String]>([])
        let each = (times + 7) / 8
        let threads = try (0..<8).map { number in
            try CoExec.Thread(name: "leaks/\(number)") {
                do {
                    for _ in 0..<each {
                        let lane = try device.openLane(number % device.laneCount)
                        _ = try lane.run(NetworkDeviceTests.image(1))
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for thread in threads { thread.join() }
        let texts = failures.withLock { $0 }
        #expect(texts.isEmpty)
    }
}
