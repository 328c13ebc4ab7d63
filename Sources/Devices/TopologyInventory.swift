// Reads the CPU inventory out of a loaded topology, and out of the files that hwloc doesn't read.
import CHwloc

extension TopologyHandle {
    /// What the topology says of the CPUs, nil when none may be used.
    /// - Parameters:
    ///   - root: folder of a dump, nil for this machine's own files.
    ///   - isThisSystem: whether this process's affinity says anything of these CPUs.
    func inventory(root: String?, isThisSystem: Bool) -> CPUInventory? {
        let online = CPUSet(bitmap: hwloc_topology_get_topology_cpuset(pointer))
        var allowed = online.intersection(CPUSet(bitmap: hwloc_topology_get_allowed_cpuset(pointer)))
        if isThisSystem, let affinity { allowed = allowed.intersection(affinity) }
        guard !allowed.isEmpty else { return nil }

        let files = SystemFiles(root: root ?? "")
        let information = ProcessorInformation(parsing: (try? files.text("proc/cpuinfo")) ?? "")
        let deviceTreeModel = try? files.text("sys/firmware/devicetree/base/model")
        // An Arm core's name says nothing of the machine.
        let brand = information.coreModels.values.first.flatMap { $0.isArm ? nil : $0.name }
        return CPUInventory(
            online: online, allowed: allowed, cores: cores(online: online), kinds: kinds(online: online),
            coreModels: information.coreModels,
            numaNodeCount: max(1, Int(hwloc_get_nbobjs_by_type(pointer, HWLOC_OBJ_NUMANODE))),
            modelName: deviceTreeModel ?? information.hardware ?? brand, features: information.features)
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
