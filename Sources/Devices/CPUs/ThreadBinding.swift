// Binds the calling thread to CPUs, and believes it only when the kernel says so.
import CHwloc
import Glibc

extension Topology {
    /// Binds the calling thread to these CPUs and reads the binding back.
    ///
    /// On Linux, threads that this one starts later inherit the binding. Memory that it touches first is taken from
    /// nearby nodes where the machine has several; see `memoryBindingProblem`. The corresponding C function is
    /// `hwloc_set_cpubind` with `HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT`.
    /// - Returns: the binding read back, equal to `cpus`.
    /// - Throws: `ThreadBindingError` naming the CPUs, also when the kernel took only some of them; the former
    ///   binding is then put back.
    @discardableResult
    public func bindThread(to cpus: CPUSet) throws(ThreadBindingError) -> CPUSet {
        guard isThisSystem else { throw ThreadBindingError(cpus: cpus, problem: .foreignTopology) }
        guard !cpus.isEmpty else { throw ThreadBindingError(cpus: cpus, problem: .noCPUs) }
        let missing = cpus.subtracting(inventory.online)
        guard missing.isEmpty else { throw ThreadBindingError(cpus: cpus, problem: .notOnline(missing)) }
        let former = try threadBinding()
        try setBinding(cpus)
        let actual = try threadBinding()
        guard actual == cpus else {
            try setBinding(former)
            throw ThreadBindingError(cpus: cpus, problem: .differs(actual: actual))
        }
        bindMemory(near: cpus)
        return actual
    }

    /// The CPUs that the calling thread may run on. The corresponding C function is `hwloc_get_cpubind`.
    /// - Throws: `ThreadBindingError`.
    public func threadBinding() throws(ThreadBindingError) -> CPUSet {
        try read { hwloc_get_cpubind(handle.pointer, $0, $1) }
    }

    private func setBinding(_ cpus: CPUSet) throws(ThreadBindingError) {
        let bitmap = Bitmap(cpus)
        let flags = HWLOC_CPUBIND_THREAD.rawValue | HWLOC_CPUBIND_STRICT.rawValue
        guard hwloc_set_cpubind(handle.pointer, bitmap.pointer, Int32(flags)) == 0 else {
            throw ThreadBindingError(cpus: cpus, problem: .system(code: errno))
        }
    }

    /// Fills a bitmap by one of hwloc's calls for the calling thread.
    private func read(_ call: (hwloc_bitmap_t, Int32) -> Int32) throws(ThreadBindingError) -> CPUSet {
        guard isThisSystem else { throw ThreadBindingError(cpus: [], problem: .foreignTopology) }
        let bitmap = Bitmap()
        guard call(bitmap.pointer, Int32(HWLOC_CPUBIND_THREAD.rawValue)) == 0 else {
            throw ThreadBindingError(cpus: [], problem: .system(code: errno))
        }
        return bitmap.cpus
    }
}

/// A thread that isn't where it should be.
public struct ThreadBindingError: Error, Hashable, CustomStringConvertible {
    public enum Problem: Hashable, Sendable {
        /// The topology is another machine's.
        case foreignTopology
        case noCPUs
        /// These weren't switched on, or aren't there, when the topology was loaded.
        case notOnline(CPUSet)
        /// The kernel bound the thread elsewhere, as when a cgroup or a hotplug leaves out some of the CPUs.
        case differs(actual: CPUSet)
        /// The call failed with this `errno`.
        case system(code: Int32)
    }

    /// The CPUs asked for, none where the binding was only to be read.
    public let cpus: CPUSet
    public let problem: Problem

    public var description: String {
        let what = cpus.isEmpty ? "cannot tell where the thread runs" : "cannot bind the thread to CPUs \(cpus)"
        return switch problem {
        case .foreignTopology: "\(what): they are another machine's"
        case .noCPUs: "cannot bind the thread to no CPU at all"
        case .notOnline(let missing): "\(what): there is no CPU \(missing) online"
        case .differs(let actual): "\(what): the system bound it to \(actual)"
        case .system(let code): "\(what): \(String(cString: strerror(code)))"
        }
    }
}
