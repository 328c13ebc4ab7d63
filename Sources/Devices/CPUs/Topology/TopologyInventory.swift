// Reads the CPU inventory out of a loaded topology, and out of the files that hwloc doesn't read.
import CHwloc

extension TopologyHandle {
    /// What the topology says of the CPUs, nil when none may be used.
    /// - Parameters:
    ///   - files: of the machine, nil where there are none, as for a topology from an XML file.
    ///   - isThisSystem: whether this process's affinity says anything of these CPUs.
    func inventory(files: SystemFiles?, isThisSystem: Bool) -> CPUInventory? {
        let online = CPUSet(bitmap: hwloc_topology_get_topology_cpuset(pointer))
        var allowed = online.intersection(CPUSet(bitmap: hwloc_topology_get_allowed_cpuset(pointer)))
        if isThisSystem, let affinity { allowed = allowed.intersection(affinity) }
        guard !allowed.isEmpty else { return nil }

        let information = ProcessorInformation(parsing: (try? files?.text("proc/cpuinfo")) ?? "")
        let deviceTreeModel = try? files?.text("sys/firmware/devicetree/base/model")
        let offline = files.map { OfflineCPUs(files: $0, online: online) }
        let typed = HybridCores(files: files).typed(kinds(online: online), online: online)
        // An Arm core's name says nothing of the machine.
        let brand = information.coreModels.values.first.flatMap { $0.isArm ? nil : $0.name }
        return CPUInventory(
            online: online, allowed: allowed, cores: cores(online: online),
            kinds: CPUFrequencies(files: files).refined(typed, online: online),
            caches: caches(online: online), offline: offline?.cpus ?? [], offlineClusters: offline?.clusters ?? [],
            coreModels: information.coreModels,
            numaNodeCount: max(1, Int(hwloc_get_nbobjs_by_type(pointer, HWLOC_OBJ_NUMANODE))),
            quota: files.flatMap(CPUQuota.cpus), modelName: deviceTreeModel ?? information.hardware ?? brand,
            features: information.features)
    }

    /// The CPUs that the threads of this process may run on, all together.
    private var affinity: CPUSet? {
        let bitmap = Bitmap()
        guard hwloc_get_cpubind(pointer, bitmap.pointer, Int32(HWLOC_CPUBIND_PROCESS.rawValue)) == 0 else { return nil }
        return bitmap.cpus
    }

    /// A CPU that hwloc puts in no core is a core of its own.
    private func cores(online: CPUSet) -> [CPUSet] {
        var cores: [CPUSet] = []
        var object = hwloc_get_next_obj_by_type(pointer, HWLOC_OBJ_CORE, nil)
        while let core = object {
            cores.append(CPUSet(bitmap: core.pointee.cpuset).intersection(online))
            object = hwloc_get_next_obj_by_type(pointer, HWLOC_OBJ_CORE, core)
        }
        cores.removeAll(where: \.isEmpty)
        let alone = cores.reduce(online) { $0.subtracting($1) }
        return cores + alone.numbers.map { [$0] }
    }

    private func caches(online: CPUSet) -> [CPUCache] {
        let types = [
            HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
        ]
        var caches: [CPUCache] = []
        for (index, type) in types.enumerated() {
            var object = hwloc_get_next_obj_by_type(pointer, type, nil)
            while let cache = object {
                let size = cache.pointee.attr.pointee.cache.size
                let cpus = CPUSet(bitmap: cache.pointee.cpuset).intersection(online)
                if !cpus.isEmpty {
                    caches.append(CPUCache(level: index + 1, sizeBytes: size > 0 ? Int(size) : nil, cpus: cpus))
                }
                object = hwloc_get_next_obj_by_type(pointer, type, cache)
            }
        }
        return caches
    }

    private func kinds(online: CPUSet) -> [CPUInventory.Kind] {
        let count = max(0, hwloc_cpukinds_get_nr(pointer, 0))
        return (0..<UInt32(count)).compactMap { index in
            let bitmap = Bitmap()
            var efficiency: Int32 = -1
            var informationCount: UInt32 = 0
            var information: UnsafeMutablePointer<hwloc_info_s>?
            let status = hwloc_cpukinds_get_info(
                pointer, index, bitmap.pointer, &efficiency, &informationCount, &information, 0)
            let cpus = bitmap.cpus.intersection(online)
            guard status == 0, !cpus.isEmpty else { return nil }
            var values: [String: String] = [:]
            for entry in UnsafeBufferPointer(start: information, count: Int(informationCount)) {
                values[String(cString: entry.name)] = String(cString: entry.value)
            }
            return CPUInventory.Kind(
                cpus: cpus, efficiency: efficiency < 0 ? nil : Int(efficiency),
                maxMegahertz: values["FrequencyMaxMHz"].flatMap(Double.init),
                capacity: values["LinuxCapacity"].flatMap(Double.init), coreType: values["CoreType"])
        }
    }
}
