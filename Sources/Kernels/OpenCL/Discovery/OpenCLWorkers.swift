// Finds out which threads a CPU device computes on, by having it run a function of ours on them.
import COpenCL
import System

extension OpenCLDevice {
    /// The threads of its compute units in their order, as far as they are known.
    public var workers: [OpenCLWorker] { if case .workers(let workers) = placement { workers } else { [] } }

    /// Asks a CPU device unit by unit which thread runs it.
    mutating func findPlacement() {
        guard kind == .cpu, facts.runsNativeKernels else { return }
        // A device that can't be asked keeps the placement in which nothing is known.
        guard let threads = try? unitThreads() else { return }
        let caller = ThreadAffinity.callingThread
        if threads.allSatisfy({ $0 == caller }) {
            placement = .callingThread
        } else if Set(threads).count == threads.count, !threads.contains(caller) {
            let workers = threads.compactMap(OpenCLWorker.init(threadID:))
            if workers.count == threads.count { placement = .workers(workers) }
        }
    }

    private func unitThreads() throws(OpenCLError) -> [Int] {
        if computeUnits == 1 { return [try runningThread().id] }
        var threads: [Int] = []
        for unit in try subdevices(computeUnits: Array(repeating: 1, count: computeUnits)) {
            threads.append(try unit.runningThread().id)
        }
        return threads
    }

    /// The thread that runs the device's work, and the CPU on which it is. One of several, where several compute units
    /// are there for it.
    /// - Precondition: the device runs native kernels.
    func runningThread() throws(OpenCLError) -> (id: Int, cpu: Int) {
        let context = try OpenCLContextHandle(self)
        var status: cl_int = 0
        let created = clCreateCommandQueue(context.pointer, handle.device, 0, &status)
        try checkOpenCL(status, "clCreateCommandQueue", name)
        let queue = created!
        defer { clReleaseCommandQueue(queue) }
        let place = UnsafeMutablePointer<(id: Int, cpu: Int)>.allocate(capacity: 1)
        defer { place.deallocate() }
        place.initialize(to: (0, 0))
        // The driver hands the function a copy of its arguments: the address to write to.
        var address = UnsafeMutableRawPointer(place)
        let size = MemoryLayout<UnsafeMutableRawPointer>.size
        var event: cl_event?
        status = clEnqueueNativeKernel(
            queue,
            { arguments in
                let place = arguments!.load(as: UnsafeMutableRawPointer.self)
                place.storeBytes(
                    of: (id: ThreadAffinity.callingThread, cpu: ThreadAffinity.currentCPU), as: (id: Int, cpu: Int).self
                )
            }, &address, size, 0, nil, nil, 0, nil, &event)
        try checkOpenCL(status, "clEnqueueNativeKernel", name)
        // Not by clFinish, for the reason that `OpenCLQueue.map` has.
        defer { clReleaseEvent(event) }
        try checkOpenCL(clWaitForEvents(1, &event), "clWaitForEvents", name)
        return place.pointee
    }
}
