// Whether lanes still run where they were bound: a cpuset that shrinks, a CPU that goes offline and a tool like taskset
// all move threads without a word. Each lane's thread asks for itself; any thread may read what was seen.

import Synchronization

/// A lane's thread that the system has moved to other CPUs since it was bound.
public struct BindingChange: Sendable, Hashable {
    public let device: String
    public let lane: Int
    /// What it was bound to, and read back.
    public let cpus: CPUSet
    /// Where it may run now.
    public let now: CPUSet
    /// Where else it was found to run, now or before.
    public let seen: CPUSet

    /// - Parameter before: CPUs where it was found before that it isn't bound to, or not to all.
    init(device: String, lane: Int, cpus: CPUSet, now: CPUSet, before: CPUSet = []) {
        (self.device, self.lane, self.cpus, self.now) = (device, lane, cpus, now)
        seen = now == cpus ? before : before.union(now)
    }

    /// A line for each device: "big: threads bound to CPUs 4-7 run on CPUs 4-5 now (…)", or that all are back.
    public static func lines(_ changes: [BindingChange]) -> [String] {
        var devices: [String] = []
        for change in changes where !devices.contains(change.device) { devices.append(change.device) }
        return devices.map { device in
            let all = changes.filter { $0.device == device }
            let away = all.filter { $0.now != $0.cpus }
            let own = away.isEmpty ? all : away
            func list(_ cpus: KeyPath<BindingChange, CPUSet>) -> String {
                let union = CPUSet(own.map { $0[keyPath: cpus] }.joinedNumbers)
                return "CPU\(union.count == 1 ? "" : "s") \(union)"
            }
            let place =
                away.isEmpty
                ? "ran elsewhere for a time, on \(list(\.seen)), and are back" : "run on \(list(\.now)) now"
            return "\(device): threads bound to \(list(\.cpus)) \(place) "
                + "(a CPU went offline, or the process's cpuset or affinity was changed)"
        }
    }
}

/// What was seen of threads that were bound by a topology.
public final class BindingWatch: Sendable {
    private struct State {
        /// The latest of each lane, in the order in which lanes were first seen to have moved.
        var changes: [BindingChange] = []
        var report: (@Sendable (BindingChange) -> Void)?
    }

    private let state = Mutex(State())

    /// Lanes that aren't where they were bound, or weren't when they were last looked at.
    public var changes: [BindingChange] { state.withLock { $0.changes } }

    /// Has each change told as it is seen, on the lane's thread, between two of its frames.
    public func report(to report: @escaping @Sendable (BindingChange) -> Void) {
        state.withLock { $0.report = report }
    }

    /// Takes down where a lane's thread may run now, if that is news.
    func see(_ change: BindingChange) {
        let (report, latest) = state.withLock { state -> ((@Sendable (BindingChange) -> Void)?, BindingChange) in
            let index = state.changes.firstIndex { $0.device == change.device && $0.lane == change.lane }
            let last = index.map { state.changes[$0] }
            guard change.now != (last?.now ?? change.cpus) else { return (nil, change) }
            let latest = BindingChange(
                device: change.device, lane: change.lane, cpus: change.cpus, now: change.now, before: last?.seen ?? [])
            if let index { state.changes[index] = latest } else { state.changes.append(latest) }
            return (state.report, latest)
        }
        report?(latest)
    }
}

/// Where the lanes of a device run.
struct LaneBinding: Sendable {
    let topology: Topology
    let device: String
    /// Of each lane; of all alike where there is one set. An empty set leaves the thread where it is.
    let cpus: [CPUSet]

    /// Binds the calling thread as a lane's.
    /// - Throws: `ThreadBindingError`.
    func bind(_ lane: Int) throws {
        if !cpus(lane).isEmpty { try topology.bindThread(to: cpus(lane)) }
    }

    /// Looks whether the calling thread is still bound as this lane's. Takes some microseconds.
    func check(_ lane: Int) {
        let cpus = cpus(lane)
        guard !cpus.isEmpty, let now = try? topology.threadBinding() else { return }
        topology.bindingWatch.see(BindingChange(device: device, lane: lane, cpus: cpus, now: now))
    }

    private func cpus(_ lane: Int) -> CPUSet { cpus.count == 1 ? cpus[0] : cpus[lane] }
}
