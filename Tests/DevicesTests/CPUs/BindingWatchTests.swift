import CHwloc
import CoExec
import Foundation
import Kernels
import Synchronization
import Testing

@testable import Devices

private let allowed = (try? Topology.thisMachine().inventory.allowed.numbers) ?? []

@Suite struct BindingWatchTests {
    @Test(
        "a lane whose thread is moved from outside says so, once for each move",
        .enabled(if: allowed.count > 1, "needs two CPUs"))
    func aMovedLaneIsSeen() throws {
        let topology = try Topology.thisMachine()
        let (first, second) = (allowed[0], allowed[1])
        let seen = SeenChanges()
        topology.bindingWatch.report { seen.append($0) }
        let network = try NetworkCatalog.make("mobilenet_v1_0.25")
        let machine = try Machine(topology: topology, for: [])
        let device: NetworkDevice<BlankFrame> = try machine.makeDevice(
            machine.hardware.resolve(DeviceSpecification("cpu", cpus: [first])), network: network)
        let frame = try #require(BlankFrame(network))
        try onThreadOfItsOwn { () throws in
            let lane = try device.openLane(0)
            let thread = pthread_self()
            // A lane looks at least every 250 frames.
            func run(until count: Int) throws {
                for _ in 0...250 where seen.all.count < count { _ = try lane.run(frame) }
            }
            try run(until: 1)
            #expect(seen.all.isEmpty && topology.bindingWatch.changes.isEmpty)
            try move(thread, to: second, topology)
            try run(until: 1)
            #expect(seen.all == [BindingChange(device: "cpu", lane: 0, cpus: [first], now: [second])])
            try move(thread, to: first, topology)
            try run(until: 2)
        }
        #expect(seen.all.map(\.now) == [[second], [first]])
        #expect(topology.bindingWatch.changes.map(\.now) == [[first]])
        #expect(topology.bindingWatch.changes.map(\.seen) == [[second]])
    }

    @Test func devicesHaveALineEach() {
        let changes = [
            BindingChange(device: "big", lane: 0, cpus: [4], now: [5]),
            BindingChange(device: "gpu", lane: 0, cpus: cpus(0...3), now: cpus(0...1)),
            BindingChange(device: "big", lane: 2, cpus: [6], now: [5]),
        ]
        let lines = BindingChange.lines(changes)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("big: threads bound to CPUs 4,6 run on CPU 5 now ("))
        #expect(lines[1].hasPrefix("gpu: threads bound to CPUs 0-3 run on CPUs 0-1 now ("))
    }

    @Test func threadsThatAreBackAreSaidToBe() {
        let back = BindingChange(device: "big", lane: 0, cpus: [4], now: [4], before: [0, 1])
        let lines = BindingChange.lines([back])
        #expect(lines.count == 1)
        let words = "big: threads bound to CPU 4 ran elsewhere for a time, on CPUs 0-1, and are back ("
        #expect(lines[0].hasPrefix(words), "\(lines[0])")
        // Of several, those that are away count.
        let away = BindingChange(device: "big", lane: 1, cpus: [5], now: [0])
        #expect(BindingChange.lines([back, away])[0].hasPrefix("big: threads bound to CPU 5 run on CPU 0 now ("))
    }
}

private final class SeenChanges: Sendable {
    private let changes = Mutex<[BindingChange]>([])
    var all: [BindingChange] { changes.withLock { $0 } }
    func append(_ change: BindingChange) { changes.withLock { $0.append(change) } }
}

/// As `taskset -p` would, from another thread.
private func move(_ thread: pthread_t, to cpu: Int, _ topology: Topology) throws {
    try onThreadOfItsOwn { () throws in
        let bitmap = Bitmap([cpu])
        try #require(hwloc_set_thread_cpubind(topology.handle.pointer, thread, bitmap.pointer, 0) == 0)
    }
}
