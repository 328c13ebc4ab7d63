// A device inside another one that takes down what the scheduler does with it, and throws or hangs where a test wants.

import CoExec
import Glibc
import Synchronization
import System

/// What was done with a device, in order. Any thread.
final class DeviceWatch: Sendable {
    enum Action: Equatable { case open, run, release }

    struct Call {
        let action: Action
        let lane: Int
        let thread: Int
        /// Those that the thread was bound to.
        let cpus: CPUSet
    }

    private let log = Mutex<[Call]>([])
    var calls: [Call] { log.withLock { $0 } }

    func calls(_ action: Action) -> [Call] { calls.filter { $0.action == action } }

    func note(_ action: Action, _ lane: Int) {
        let call = Call(
            action: action, lane: lane, thread: ThreadAffinity.callingThread,
            cpus: (try? ThreadAffinity.cpus()) ?? [])
        log.withLock { $0.append(call) }
    }
}

struct WatchedDevice<Base: Device>: Device {
    typealias Frame = Base.Frame
    typealias Output = Base.Output

    let base: Base
    let watch = DeviceWatch()
    /// Called before a frame is run, on the lane's thread.
    var disturb: @Sendable (Frame) throws -> Void = { _ in }

    init(_ base: Base) { self.base = base }

    var name: String { base.name }
    var laneCount: Int { base.laneCount }

    func prepare() throws { try base.prepare() }

    func openLane(_ index: Int) throws -> any Lane<Frame, Output> {
        let lane = try base.openLane(index)
        // After it, so that the binding is the lane's.
        watch.note(.open, index)
        return WatchedLane(lane, index, self)
    }
}

private final class WatchedLane<Base: Device>: Lane {
    private var lane: (any Lane<Base.Frame, Base.Output>)?
    private let index: Int
    private let device: WatchedDevice<Base>

    init(_ lane: any Lane<Base.Frame, Base.Output>, _ index: Int, _ device: WatchedDevice<Base>) {
        (self.lane, self.index, self.device) = (lane, index, device)
    }

    deinit {
        lane = nil
        device.watch.note(.release, index)
    }

    var expectedServiceNanoseconds: Int? { lane!.expectedServiceNanoseconds }

    func run(_ frame: Base.Frame) throws -> Base.Output {
        device.watch.note(.run, index)
        try device.disturb(frame)
        return try lane!.run(frame)
    }
}
