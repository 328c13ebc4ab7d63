// CPU clusters as devices: their engine, and how their CPUs are shared out to lanes.

import CoExec
import Kernels

extension Machine {
    /// A device on CPU threads, in the layout asked for, or in the fastest one.
    func makeCPUDevice<Frame: ImageFrame>(
        _ device: ResolvedDevice, network: Network, layout: LaneLayout, precision: Precision,
        library: CPUEngine.Library, tuning: Tuning
    ) throws -> NetworkDevice<Frame> {
        let topology = topology
        let processor = topology.inventory.processorIdentity(of: device.cpus)
        func make<Some: ImageFrame>(
            _ shape: LaneShape, cpus: [CPUSet], speed: Double = device.speed
        ) -> NetworkDevice<Some> {
            NetworkDevice(
                name: device.name, laneCount: shape.lanes, threadsPerLane: shape.threads, speed: speed,
                network: network,
                engine: CPUEngine(
                    threads: shape.threads, precision: precision, library: library, tuning: tuning, processor: processor
                ),
                binding: LaneBinding(topology: topology, device: device.name, cpus: cpus))
        }
        if let shape = try layout.shape(on: device) {
            return make(shape, cpus: shape.share(out: device.cpus, units: device.cpus.numbers.map { [$0] }))
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
                        .fastest(of: candidates.map { ($0, make($0, cpus: cpus($0), speed: 1)) })
                    measured = fastest?.device
                    return fastest?.shape
                } ?? shape
        }
        return measured?.converted(to: Frame.self, speed: device.speed) ?? make(shape, cpus: cpus(shape))
    }
}

extension LaneLayout {
    /// What was asked for, nil for nothing: lanes alone divide the CPUs among them, threads alone are one lane's.
    /// - Throws: `LaneLayoutError`.
    fileprivate func shape(on device: ResolvedDevice) throws(LaneLayoutError) -> LaneShape? {
        guard lanes != nil || threads != nil else { return nil }
        let lanes = lanes ?? 1
        let threads = threads ?? max(device.cpus.count / lanes, 1)
        guard lanes * threads <= device.cpus.count else {
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
