// Frames that a host lends: its few buffers go back as soon as no lane needs them, before anybody has the result.

import Glibc
import Synchronization
import Testing

@testable import CoExec

@Suite struct LentFrameTests {
    /// A host's buffer, with those who read it.
    private final class Buffer: Sendable {
        let released: Count
        private let holders = Atomic<Int>(1)
        let isStreamDone = Atomic<Bool>(false)
        let isReleased = Atomic<Bool>(false)

        /// Microseconds that its owner takes.
        let pause: UInt32

        init(_ released: Count, pause: UInt32 = 0) { (self.released, self.pause) = (released, pause) }

        func borrow() { holders.add(1, ordering: .relaxed) }
        func end() {
            guard holders.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
            if pause > 0 { usleep(pause) }
            isReleased.store(true, ordering: .releasing)
            _ = released.increment()
        }
        func giveBack() { if !isStreamDone.exchange(true, ordering: .relaxed) { end() } }
    }

    private struct Lent: LentFrame {
        let tag: Int
        let buffer: Buffer

        func borrow() { buffer.borrow() }
        func endBorrow() { buffer.end() }
        func giveBack() { buffer.giveBack() }
    }

    private struct Failure: Error {}

    private struct LentDevice: Device {
        let name: String
        var laneCount = 1
        let run: @Sendable (Lent) throws -> Void
        func openLane(_ index: Int) -> any Lane<Lent, Int> { LentLane(run) }

        private final class LentLane: Lane {
            let body: @Sendable (Lent) throws -> Void
            init(_ body: @escaping @Sendable (Lent) throws -> Void) { self.body = body }
            func run(_ frame: Lent) throws -> Int {
                try body(frame)
                if frame.buffer.isReleased.load(ordering: .acquiring) {
                    Issue.record("frame \(frame.tag) has lost its buffer")
                }
                return frame.tag
            }
        }
    }

    private func stream(_ devices: [LentDevice], _ options: StreamOptions) throws -> FrameStream<Lent, Int> {
        try FrameStream(lending: devices, options: options, pool: nil)
    }

    /// At each receipt as many buffers are back as there were receipts, at least: after results, errors and drops.
    @Test(arguments: [Admission.wait, .dropOldest, .dropNewest])
    func buffersAreBackBeforeTheirResults(admission: Admission) throws {
        var options = StreamOptions(window: 6)
        options.admission = admission
        options.deadlineNanoseconds = admission == .wait ? nil : 3_000_000
        let devices = [
            LentDevice(name: "a", laneCount: 2) { frame in
                usleep(UInt32(frame.tag % 4) * 300)
                if frame.tag % 11 == 0 { throw Failure() }
            },
            LentDevice(name: "b") { frame in
                usleep(700)
                if frame.tag % 22 == 0 { throw Failure() }
            },
        ]
        let stream = try stream(devices, options)
        let released = Count()
        let producer = try Thread(name: "camera") {
            for tag in 0..<600 {
                #expect(stream.push(Lent(tag: tag, buffer: Buffer(released))))
                if admission != .wait { usleep(100) }
            }
            stream.finish()
        }
        var received = 0
        var late = 0
        while let delivery = stream.pull() {
            #expect(delivery.frame?.tag == received && delivery.sequence == received)
            #expect(delivery.frame?.buffer.isStreamDone.load(ordering: .acquiring) == true)
            received += 1
            // Another lane that runs the same frame still has it.
            if released.value < received { late += 1 }
        }
        producer.join()
        #expect(received == 600)
        let report = stream.report()
        let reruns = report.devices.flatMap(\.lanes).reduce(0) { $0 + $1.reruns }
        #expect(late == 0 || reruns > 0)
        stream.cancel()
        #expect(released.value == 600)
    }

    @Test func anIdleStreamHasNoBuffer() throws {
        let stream = try stream([LentDevice(name: "a", laneCount: 3) { _ in }], StreamOptions(window: 8))
        let released = Count()
        for tag in 0..<8 { #expect(stream.push(Lent(tag: tag, buffer: Buffer(released)))) }
        // Nothing is received.
        for _ in 0..<2000 where released.value < 8 { usleep(1000) }
        #expect(released.value == 8)
        stream.cancel()
    }

    @Test func aFlushGivesBuffersBack() throws {
        var options = StreamOptions(window: 8)
        options.staysOpen = true
        let isHeld = Atomic<Bool>(true)
        let device = LentDevice(name: "a") { _ in while isHeld.load(ordering: .acquiring) { usleep(200) } }
        let stream = try stream([device], options)
        let released = Count()
        var count = 0
        while stream.submit(Lent(tag: count, buffer: Buffer(released)), waiting: 20_000_000) == .accepted { count += 1 }
        #expect(stream.flush() == count)
        // All but the one that the lane is at. The last one was refused, and stays its owner's.
        #expect(released.value == count - 1)
        isHeld.store(false, ordering: .releasing)
        for _ in 0..<2000 where released.value < count { usleep(1000) }
        #expect(released.value == count)
        stream.cancel()
    }

    /// A lane that takes long to give a buffer back has published: others don't try to run its frame again and again.
    @Test func aSlowOwnerHasNoFrameRunAgain() throws {
        let devices = ["a", "b"].map { name in LentDevice(name: name) { frame in if frame.tag % 2 == 0 { usleep(60) } } }
        let stream = try stream(devices, StreamOptions(window: 2))
        let released = Count()
        let producer = try Thread(name: "camera") {
            for tag in 0..<12 { #expect(stream.push(Lent(tag: tag, buffer: Buffer(released, pause: 60_000)))) }
            stream.finish()
        }
        var received = 0
        while let delivery = stream.pull() {
            #expect(delivery.frame?.tag == received)
            received += 1
        }
        producer.join()
        let lanes = stream.report().devices.flatMap(\.lanes)
        #expect(received == 12 && lanes.reduce(0) { $0 + $1.reruns } <= 12)
        stream.cancel()
        #expect(released.value == 12)
    }

    /// The frame runs elsewhere meanwhile; its buffer is back when the lane that hung is.
    @Test func aHungLaneGivesItsBufferBackLate() throws {
        var options = StreamOptions(window: 8)
        options.faults.shortestHangNanoseconds = 50_000_000
        options.faults.hangFactor = 2
        let isHeld = Atomic<Bool>(true)
        let devices = [
            LentDevice(name: "a") { frame in
                usleep(1000)
                while frame.tag == 10 && isHeld.load(ordering: .acquiring) { usleep(200) }
            },
            LentDevice(name: "b") { _ in usleep(1500) },
        ]
        let stream = try stream(devices, options)
        let released = Count()
        let producer = try Thread(name: "camera") {
            for tag in 0..<200 { #expect(stream.push(Lent(tag: tag, buffer: Buffer(released)))) }
            stream.finish()
        }
        var received = 0
        while let delivery = stream.pull() {
            #expect(delivery.frame?.tag == received)
            if case .failure(let error) = delivery.result { Issue.record("frame \(received): \(error)") }
            received += 1
        }
        producer.join()
        isHeld.store(false, ordering: .releasing)
        stream.cancel()
        for _ in 0..<2000 where released.value < 200 { usleep(1000) }
        #expect(received == 200 && released.value == 200)
    }
}
