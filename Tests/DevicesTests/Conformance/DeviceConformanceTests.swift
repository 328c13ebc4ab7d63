// What every device must do in a stream, whatever its hardware: see `DeviceUnderTest.all`. What lanes and streams owe a
// device is checked on the way.

import CoExec
import Glibc
import Kernels
import Synchronization
import System
import Testing

@testable import Devices

@Suite("Device conformance", .serialized) struct DeviceConformanceTests {
    private struct Disturbance: Error, Equatable {}

    /// Frames of one grey each.
    private func greys(_ values: some Sequence<UInt8>) -> () -> Image? {
        var rest = Array(values)[...]
        return { rest.popFirst().map(NetworkDeviceTests.image) }
    }

    /// Runs frames of these greys, and checks that each is delivered once, in order.
    private func deliver(
        _ values: [UInt8], on stream: FrameStream<Image, [Tensor]>
    ) throws -> [Delivery<Image, [Tensor]>] {
        var deliveries: [Delivery<Image, [Tensor]>] = []
        try stream.run(source: greys(values)) { deliveries.append($0) }
        #expect(deliveries.map(\.sequence) == Array(values.indices))
        return deliveries
    }

    private func options() -> StreamOptions {
        var options = StreamOptions(window: 16)
        options.faults.firstPauseNanoseconds = 20_000_000
        options.faults.shortestHangNanoseconds = 300_000_000
        return options
    }

    /// A second device for what the first one can't run: a slow one, for which none would leave all frames to it.
    private func helper() throws -> WatchedDevice<NetworkDevice<Image>> {
        var helper = WatchedDevice(
            try NetworkDevice<Image>(
                name: "helper", laneCount: 1, threadsPerLane: 1, network: NetworkDeviceTests.meanColour,
                engine: ReferenceEngine(), bindThread: { _ in }))
        helper.disturb = { _ in usleep(5000) }
        return helper
    }

    @Test(
        "lane 0 first, each lane opened, used and released on a thread of its own, bound to the device's CPUs",
        arguments: DeviceUnderTest.all)
    func orderOfCalls(device test: DeviceUnderTest) throws {
        let (device, cpus) = try test.make(named: "ordered")
        let watched = WatchedDevice(device)
        _ = try deliver((0..<40).map { UInt8($0) }, on: FrameStream(devices: [watched], options: options()))
        let calls = watched.watch.calls
        let opened = watched.watch.calls(.open)
        #expect(opened.map(\.lane) == Array(0..<device.laneCount))
        #expect(Set(opened.map(\.thread)).count == device.laneCount)
        #expect(!opened.contains { $0.thread == ThreadAffinity.callingThread })
        for lane in 0..<device.laneCount {
            let own = calls.filter { $0.lane == lane }
            #expect(Set(own.map(\.thread)).count == 1, "lane \(lane)")
            #expect(own.first?.action == .open && own.last?.action == .release, "lane \(lane)")
            #expect(own.count(where: { $0.action == .release }) == 1, "lane \(lane)")
            if !cpus.isEmpty { #expect(own.allSatisfy { $0.cpus.isSubset(of: cpus) }, "lane \(lane)") }
        }
        #expect(calls.count(where: { $0.action == .run }) >= 40)
        // No thread has a lane's name any more.
        #expect(threadNames().filter { $0.hasPrefix("ordered/") }.isEmpty)
    }

    @Test(arguments: DeviceUnderTest.all) func likeFramesHaveLikeResults(device test: DeviceUnderTest) throws {
        let stream = try FrameStream(devices: [test.make().device], options: options())
        let values = (0..<60).map { UInt8(10 * ($0 % 3)) }
        for delivery in try deliver(values, on: stream) {
            let outputs = try delivery.result.get()
            #expect(outputs.count == 1 && outputs[0].shape == [1, 3, 1, 1])
            guard let expected = test.expects?(values[delivery.sequence]) else { continue }
            #expect(outputs[0].values.allSatisfy { abs($0 - expected) < 0.01 })
        }
    }

    @Test(arguments: DeviceUnderTest.all) func whatIsThrownIsTheFramesError(device test: DeviceUnderTest) throws {
        var watched = WatchedDevice(try test.make().device)
        watched.disturb = { if $0.pixels[0] == 7 { throw Disturbance() } }
        let stream = try FrameStream(devices: [watched], options: options())
        for delivery in try deliver((0..<20).map { UInt8($0) }, on: stream) {
            switch delivery.result {
            case .success: #expect(delivery.sequence != 7)
            case .failure(let error): #expect(delivery.sequence == 7 && error as? Disturbance == Disturbance())
            }
        }
    }

    @Test(arguments: DeviceUnderTest.all) func aFrameThatFailsRunsElsewhere(device test: DeviceUnderTest) throws {
        var watched = WatchedDevice(try test.make(named: "tested").device)
        watched.disturb = { if $0.pixels[0] % 4 == 3 { throw Disturbance() } }
        let stream = try FrameStream(devices: [watched, helper()], options: options())
        let deliveries = try deliver((0..<40).map { UInt8($0) }, on: stream)
        #expect(deliveries.allSatisfy { if case .success = $0.result { true } else { false } })
    }

    @Test("a lane that hangs holds up nobody, and works again when it is back", arguments: DeviceUnderTest.all)
    func hangs(device test: DeviceUnderTest) throws {
        var watched = WatchedDevice(try test.make(named: "tested").device)
        let hangs = Atomic<Bool>(true)
        watched.disturb = { image in
            if image.pixels[0] >= 5, hangs.exchange(false, ordering: .relaxed) { usleep(1_000_000) }
        }
        let stream = try FrameStream(devices: [watched, helper()], options: options())
        let isBack = Atomic<Bool>(false)
        let deadline = monotonicNanoseconds() + 20_000_000_000
        let all = greys((0..<20_000).map { UInt8($0 % 200) })
        let source: () -> Image? = {
            usleep(1000)
            return isBack.load(ordering: .relaxed) || monotonicNanoseconds() > deadline ? nil : all()
        }
        var setAside: Int?
        var failed = 0
        try stream.run(source: source) { delivery in
            if case .failure = delivery.result { failed += 1 }
            if setAside == nil, stream.report().devices[0].failedRuns > 0 { setAside = monotonicNanoseconds() }
            guard let setAside, delivery.device == "tested" else { return }
            // Later than the hung frame ends.
            if monotonicNanoseconds() > setAside + 1_000_000_000 { isBack.store(true, ordering: .relaxed) }
        }
        #expect(setAside != nil && isBack.load(ordering: .relaxed) && failed == 0)
    }

    @Test(arguments: DeviceUnderTest.all) func itMayLeaveAndComeBack(device test: DeviceUnderTest) throws {
        let watched = WatchedDevice(try test.make(named: "tested").device)
        let again = WatchedDevice(try test.make(named: "tested again").device)
        let stream = try FrameStream(devices: [watched, helper()], options: options())
        var delivered = 0
        try stream.run(source: greys((0..<300).map { UInt8($0 % 200) })) { delivery in
            _ = try delivery.result.get()
            delivered += 1
            if delivery.sequence == 50 {
                #expect(stream.remove("tested"))
                // Its lanes have ended, on their threads.
                let released = watched.watch.calls(.release)
                #expect(released.count == watched.watch.calls(.open).count)
                #expect(!released.contains { $0.thread == ThreadAffinity.callingThread })
            }
            if delivery.sequence == 100 { try stream.add(again) }
        }
        #expect(delivered == 300 && !again.watch.calls(.open).isEmpty)
    }

    /// As the kernel has them.
    private func threadNames() -> [String] {
        ThreadAffinity.threads.compactMap { try? SystemFiles.thisMachine.text("proc/self/task/\($0)/comm") }
    }
}
