// Keeps what a bound thread allocates near its CPUs, on machines with several NUMA nodes.
import CHwloc
import Glibc
import Synchronization

extension Topology {
    /// Has the calling thread, and threads that it starts later, take memory from the nodes of these CPUs, as long as
    /// they have some. Does nothing, and costs nothing, on a machine with one node.
    ///
    /// A kernel or a container may forbid it. Frames run all the same, only slower perhaps, so it is no error:
    /// `memoryBindingProblem` tells. The corresponding C function is `hwloc_set_membind` with `HWLOC_MEMBIND_BIND` and
    /// `HWLOC_MEMBIND_THREAD`, without `HWLOC_MEMBIND_STRICT`.
    func bindMemory(near cpus: CPUSet) {
        guard inventory.numaNodeCount > 1 else { return }
        let bitmap = Bitmap(cpus)
        let status = hwloc_set_membind(
            handle.pointer, bitmap.pointer, HWLOC_MEMBIND_BIND, Int32(HWLOC_MEMBIND_THREAD.rawValue))
        if status != 0 { memoryRefusal.store(errno, ordering: .relaxed) }
    }

    /// Why memory is not kept near the CPUs of a thread that was bound; nil where it is, or where there is one node.
    public var memoryBindingProblem: String? {
        let code = memoryRefusal.load(ordering: .relaxed)
        return code == 0 ? nil : "memory isn't kept near the CPUs that use it: \(String(cString: strerror(code)))"
    }
}
