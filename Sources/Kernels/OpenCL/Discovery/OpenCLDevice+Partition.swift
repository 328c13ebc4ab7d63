// Parts of a device: sub-devices of so many compute units, and the part of a CPU device that runs on given cores.
// Any thread.
import COpenCL
import Synchronization

extension OpenCLDevice {
    /// Cuts the device into parts of consecutive compute units, from its first on; units that are left over stay
    /// unused.
    ///
    /// A part is a device of its own, and the same one for the same counts; parts of one device may be used at once.
    /// Like whole devices they are there for the life of the process: PoCL 3.1 still touches a sub-device after its
    /// last command is done, and crashes if it was released. The corresponding C function is `clCreateSubDevices`, by
    /// counts, or equally where the device can only that.
    /// - Parameter counts: compute units of each part; positive.
    /// - Throws: `partition` where the device has too few units or cannot be cut so; `call` if the driver fails.
    public func subdevices(computeUnits counts: [Int]) throws(OpenCLError) -> [OpenCLDevice] {
        precondition(!counts.isEmpty && counts.allSatisfy { $0 > 0 }, "a part has a compute unit")
        let handles = try made.withLock { (made) throws(OpenCLError) -> [Handle] in
            let key = PartitionKey(device: handle.device, counts: counts)
            if let handles = made[key] { return handles }
            let handles = try cut(counts)
            made[key] = handles
            return handles
        }
        var parts: [OpenCLDevice] = []
        var first = 0
        for (part, count) in zip(handles, counts) {
            var part = try OpenCLDevice(part.device, of: part.platform, platform: platform, isSubdevice: true)
            part.placement = placement
            if case .workers(let workers) = placement, workers.count == computeUnits {
                part.placement = .workers(Array(workers[first..<first + count]))
            }
            parts.append(part)
            first += count
        }
        return parts
    }

    private func cut(_ counts: [Int]) throws(OpenCLError) -> [Handle] {
        func failure(_ reason: String) -> OpenCLError { .partition(device: name, computeUnits: counts, reason: reason) }
        let needed = counts.reduce(0, +)
        guard needed <= computeUnits else { throw failure("it has \(computeUnits)") }
        var properties: [cl_device_partition_property]
        var partCount = counts.count
        if facts.partitions.contains(.byCounts) {
            properties = [cl_device_partition_property(CL_DEVICE_PARTITION_BY_COUNTS)]
            properties += counts.map { cl_device_partition_property($0) }
            properties += [cl_device_partition_property(CL_DEVICE_PARTITION_BY_COUNTS_LIST_END), 0]
        } else if facts.partitions.contains(.equally) {
            guard Set(counts).count == 1 else { throw failure("it can only be cut into equal parts") }
            properties = [
                cl_device_partition_property(CL_DEVICE_PARTITION_EQUALLY), cl_device_partition_property(counts[0]), 0,
            ]
            partCount = computeUnits / counts[0]
        } else {
            throw failure("its driver does not cut it by compute units")
        }
        var ids = [cl_device_id?](repeating: nil, count: partCount)
        let status = clCreateSubDevices(handle.device, &properties, cl_uint(partCount), &ids, nil)
        try checkOpenCL(status, "clCreateSubDevices", name)
        return ids.compactMap(\.self).map { Handle(device: $0, platform: handle.platform) }
    }

    /// The device if it computes on exactly these CPUs, else the part of it that does.
    ///
    /// The threads of other parts compute nothing of its work, but PoCL wakes them at each launch: an idle part takes
    /// some percent of its core while another one works.
    ///
    /// A device that computes on hardware of its own, or on the threads that wait for it, is returned as it is: there
    /// it is up to those threads' binding.
    /// - Throws: `confinement` where no consecutive compute units run on these CPUs and no others; `partition`; `call`.
    public func confined(to cores: [Int]) throws(OpenCLError) -> OpenCLDevice {
        switch placement {
        case .ownHardware, .callingThread: return self
        case .unknownThreads:
            try OpenCL.confineUnknownThreads(of: self, to: cores)
            return self
        case .workers(let workers):
            let cpus = workers.map(\.allowedCPUs)
            guard let units = OpenCLConfinement.units(on: cores, of: cpus) else {
                throw .confinement(
                    device: name, cores: cores,
                    reason: "its compute units run on CPUs \(cpus), and a part is made of consecutive ones")
            }
            return units.count == workers.count ? self : try part(units)
        }
    }

    /// - Throws: `confinement` if the part's work runs on a thread that isn't one of its workers.
    private func part(_ units: Range<Int>) throws(OpenCLError) -> OpenCLDevice {
        let part = try subdevices(computeUnits: OpenCLConfinement.counts(upTo: units)).last!
        let thread = try part.runningThread()
        guard part.workers.contains(where: { $0.threadID == thread.id }) else {
            throw .confinement(
                device: name, cores: part.workers.flatMap(\.allowedCPUs),
                reason: "its part ran on thread \(thread.id), CPU \(thread.cpu)")
        }
        return part
    }
}

private struct PartitionKey: Hashable, @unchecked Sendable {  // the id never changes
    let device: cl_device_id
    let counts: [Int]
}

/// All parts that were made.
private let made = Mutex<[PartitionKey: [OpenCLDevice.Handle]]>([:])
