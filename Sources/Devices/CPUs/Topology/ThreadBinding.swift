// Binds the calling thread to CPUs that a topology knows, and keeps its memory near them. hwloc binds, as it knows what
// the machine's system allows; that it did is read back from the kernel.

import CHwloc
import Glibc
import System

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
        let former = try ThreadAffinity.cpus()
        try setBinding(cpus)
        let actual = try ThreadAffinity.cpus()
        guard actual == cpus else {
            try setBinding(former)
            throw ThreadBindingError(cpus: cpus, problem: .differs(actual: actual))
        }
        bindMemory(near: cpus)
        return actual
    }

    /// The CPUs that the calling thread may run on.
    /// - Throws: `ThreadBindingError`.
    public func threadBinding() throws(ThreadBindingError) -> CPUSet {
        guard isThisSystem else { throw ThreadBindingError(cpus: [], problem: .foreignTopology) }
        return try ThreadAffinity.cpus()
    }

    private func setBinding(_ cpus: CPUSet) throws(ThreadBindingError) {
        let bitmap = Bitmap(cpus)
        let flags = HWLOC_CPUBIND_THREAD.rawValue | HWLOC_CPUBIND_STRICT.rawValue
        guard hwloc_set_cpubind(handle.pointer, bitmap.pointer, Int32(flags)) == 0 else {
            throw ThreadBindingError(cpus: cpus, problem: .system(code: errno))
        }
    }
}
