// A kind of hardware to copy when you add one: it has no hardware, sleeps for each frame and gives back zeros. It runs
// by its name (`--devices template`), and is never listed or chosen.
//
// A new kind is one file like this one and a line in `DeviceProviders.all`. Then it works in every command, and
// `DeviceConformanceTests` tells whether it behaves: add a line there as well.

import CoExec
import Kernels

/// Finds one unit, wherever it looks.
struct TemplateProvider: DeviceProvider {
    /// Units are `template`, `template1`, …
    let naming = UnitNaming(stem: "template")

    func find(_ search: UnitSearch) -> FoundUnits {
        // Look in `search.topology.files`, which may be a dump's, or load a driver if `search.topology.isThisSystem`.
        // What is there and cannot be used is a failure, with a reason for the user.
        FoundUnits([TemplateUnit(name: naming.name(0))])
    }
}

/// One unit. What it leaves out (rails, clocks, a row of its own in `devices`) has defaults in `DeviceUnit`.
private struct TemplateUnit: DeviceUnit {
    let summary: UnitSummary

    init(name: String) {
        // Real hardware has host threads, which start work and wait; its choice is `.byDefault`, and it stands in for
        // nothing.
        summary = UnitSummary(name: name, cpuUse: .hostThreads, choice: .hidden, isStandIn: true)
    }

    func describe(_ device: ResolvedDevice) -> [String] {
        ["no hardware: sleeps for each frame"]
            + (device.cpus.isEmpty ? [] : ["host threads on CPU \(device.cpus)"])
    }

    func supports(_ network: Network) -> NetworkSupport {
        // Name the first node that the hardware can't run, so that the user knows before anything starts.
        guard let node = network.nodes.firstIndex(where: { $0.operation.name == "tensor" }) else { return .whole }
        return .not(node: node, reason: "it takes pictures only")
    }

    func makeDevice<Frame: ImageFrame>(_ order: DeviceOrder) throws -> NetworkDevice<Frame> {
        // Refuse here what was asked for and can't be had. Two lanes, so that one frame's transfers overlap another's
        // computing. Its own threads compute, so that none of the host's is busy.
        try order.makeDevice(SleepingEngine(), lanes: 2, computing: .others([]), busyThreads: 0)
    }
}

/// What runs networks on the unit: compiled once for all lanes, with a context for each lane's thread.
private struct SleepingEngine: Engine {
    let name = "template (sleeps)"

    func compile(_ network: Network) -> any CompiledNetwork { SleepingNetwork(network: network) }
}

private struct SleepingNetwork: CompiledNetwork {
    let network: Network

    func makeContext() -> any ExecutionContext { SleepingContext(network) }
}

/// Of one lane. Whatever it takes of the hardware it gives back in `deinit`, which runs on the lane's thread.
private final class SleepingContext: ExecutionContext {
    private static let frameNanoseconds = 2_000_000
    private let network: Network

    init(_ network: Network) { self.network = network }

    func run(_ inputs: [NetworkInput], into outputs: inout [Tensor]) {
        // `inputs` are pictures; outputs have their shapes already.
        sleep(untilNanoseconds: monotonicNanoseconds() + Self.frameNanoseconds)
        for index in outputs.indices {
            for place in outputs[index].values.indices { outputs[index].values[place] = 0 }
        }
    }

    /// `bench --layers`: each node takes as long.
    func profile(_ inputs: [NetworkInput]) -> [NodeTiming] {
        network.nodes.indices.map { NodeTiming(node: $0, nanoseconds: Self.frameNanoseconds / network.nodes.count) }
    }
}
