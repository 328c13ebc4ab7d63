// Binds the calling thread to CPUs that a topology knows, and keeps its memory near them.

extension Topology {
    /// Binds the calling thread to these CPUs and reads the binding back.
    ///
    /// On Linux, threads that this one starts later inherit the binding. Memory that it touches first is taken from
    /// nearby nodes where the machine has several; see `memoryBindingProblem`.
    /// - Returns: the binding read back, equal to `cpus`.
    /// - Throws: `ThreadBindingError` naming the CPUs, also when the kernel took only some of them; the former
    ///   binding is then put back.
    @discardableResult
    public func bindThread(to cpus: CPUSet) throws(ThreadBindingError) -> CPUSet {
        guard isThisSystem else { throw ThreadBindingError(cpus: cpus, problem: .foreignTopology) }
        let missing = cpus.subtracting(inventory.online)
        guard missing.isEmpty else { throw ThreadBindingError(cpus: cpus, problem: .notOnline(missing)) }
        try ThreadAffinity.bind(to: cpus)
        bindMemory(near: cpus)
        return cpus
    }

    /// The CPUs that the calling thread may run on.
    /// - Throws: `ThreadBindingError`.
    public func threadBinding() throws(ThreadBindingError) -> CPUSet {
        guard isThisSystem else { throw ThreadBindingError(cpus: [], problem: .foreignTopology) }
        return try ThreadAffinity.cpus()
    }
}
