// Options that several subcommands share.

import ArgumentParser
import Devices
import Kernels

/// Which network.
struct NetworkOptions: ParsableArguments {
    @Option(help: "The network: \(NetworkCatalog.names.joined(separator: ", ")) (weights from a fixed seed).")
    var network = "squeezenet"

    func makeNetwork(batch: Int = 1) throws -> Network { try NetworkCatalog.make(network, batch: batch) }
}

/// Which devices.
struct DeviceOptions: ParsableArguments {
    @Option(help: "The devices, NAME[:CPULIST][@SPEED],…; default all that share no core.")
    var devices: String?
}

/// How a device runs frames.
struct LaneOptions: ParsableArguments {
    @Option(help: "Threads of a lane of a CPU cluster; default all CPUs of the cluster.")
    var threads: Int?

    @Option(help: "Frames that the device runs at once; default 1 on a CPU cluster, 2 on a GPU.")
    var lanes: Int?

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
        if let lanes, lanes < 1 { throw ValidationError("--lanes must be at least 1.") }
    }

    var layout: LaneLayout { LaneLayout(lanes: lanes, threads: threads) }
}
