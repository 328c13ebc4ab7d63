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

/// Refuses an option's value outside a range, naming both.
func check(_ value: Int?, _ option: String, in range: ClosedRange<Int>) throws {
    if let value, !range.contains(value) {
        throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound).")
    }
}

/// How a device runs frames.
struct LaneOptions: ParsableArguments {
    @Option(help: "Threads of a lane of a CPU cluster; default all CPUs of the cluster.")
    var threads: Int?

    @Option(help: "Frames that the device runs at once; default 1 on a CPU cluster, 2 on a GPU.")
    var lanes: Int?

    func validate() throws {
        try check(threads, "--threads", in: 1...1024)
        try check(lanes, "--lanes", in: 1...1024)
    }

    var layout: LaneLayout { LaneLayout(lanes: lanes, threads: threads) }
}
