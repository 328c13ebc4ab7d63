// CPU clusters as devices: their engine, and how their CPUs are shared out to lanes.

import CoExec
import Kernels

extension CPUUnit {
    /// A device on CPU threads, in the layout asked for, or by default in the lanes that give most frames/s, each on
    /// cores of its own, as tuning measures them or remembers. With tuning off there are as many lanes as cores (16 at
    /// most). Lanes are measured at full speed where a slower one is emulated.
    /// - Throws: `LaneLayoutError`; what opening a lane or running a frame throws where lanes are measured.
    func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame> {
        let (device, topology, network, tuning) = (order.device, order.topology, order.network, order.tuning)
        let (precision, library) = (order.precision, order.library ?? .fastest)
        let processor = topology.inventory.processorIdentity(of: device.cpus)
        func make<Some: ImageFrame>(
            _ shape: LaneShape, cpus: [CPUSet], speed: Double = device.speed
        ) throws(NetworkDeviceError) -> NetworkDevice<Some> {
            try NetworkDevice(
                name: device.name, laneCount: shape.lanes, threadsPerLane: shape.threads, speed: speed,
                network: network,
                engine: CPUEngine(
                    threads: shape.threads, precision: precision, library: library, tuning: tuning, processor: processor
                ),
                computing: .lanes, busyThreads: shape.lanes * shape.threads,
                binding: LaneBinding(topology: topology, device: device.name, cpus: cpus))
        }
        if let shape = try order.layout.shape(on: device) {
            return try make(shape, cpus: shape.share(out: device.cpus, units: device.cpus.numbers.map { [$0] }))
        }

        let cores = topology.inventory.cores(of: device.cpus)
        let candidates = LaneShape.candidates(coreCount: cores.count)
        func cpus(_ shape: LaneShape) -> [CPUSet] { shape.share(out: device.cpus, units: cores) }
        var measured: NetworkDevice<BlankFrame>?
        var shape = LaneShape.unmeasured(coreCount: cores.count)
        if candidates.count > 1, let frame = BlankFrame(network) {
            let key = TuningKey(
                "lanes",
                [
                    "engine": CPUEngine(threads: 1, precision: precision, library: library).name,
                    "network": network.structureDigest,
                    "precision": precision.rawValue, "processor": processor,
                ])
            shape =
                try tuning.choice(for: key, isValid: candidates.contains) {
                    let fastest = try LaneMeasurement(deviceName: device.name, frame: frame, tuning: tuning)
                        .fastest(of: candidates.map { ($0, try make($0, cpus: cpus($0), speed: 1)) })
                    measured = fastest?.device
                    return fastest?.shape
                } ?? shape
        }
        return try measured?.converted(to: Frame.self, speed: device.speed) ?? make(shape, cpus: cpus(shape))
    }
}

extension LaneLayout {
    /// What was asked for, nil for nothing: lanes alone divide the CPUs among them, threads alone are one lane's.
    /// - Throws: `LaneLayoutError`.
    fileprivate func shape(on device: ResolvedDevice) throws(LaneLayoutError) -> LaneShape? {
        guard lanes != nil || threads != nil else { return nil }
        let lanes = lanes ?? 1
        let threads = threads ?? max(device.cpus.count / lanes, 1)
        guard lanes <= device.cpus.count, threads <= device.cpus.count / lanes else {
            throw .tooManyThreads(device: device.name, lanes: lanes, threads: threads, cpuCount: device.cpus.count)
        }
        return LaneShape(lanes: lanes, threads: threads)
    }
}

extension LaneShape {
    /// The CPUs of each lane: a CPU or core for each of its threads. A single lane keeps all to choose from.
    fileprivate func share(out cpus: CPUSet, units: [CPUSet]) -> [CPUSet] {
        if lanes == 1 { return [cpus] }
        return (0..<lanes).map { lane in
            units[(lane * threads)..<((lane + 1) * threads)].reduce([]) { $0.union($1) }
        }
    }
}
