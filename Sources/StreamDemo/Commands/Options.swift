// Options that several subcommands share.

import ArgumentParser
import Devices
import Kernels

/// Which network.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: """
            The network: \(NetworkCatalog.names.joined(separator: ", ")) (weights from a fixed seed); default \
            squeezenet.
            """)
    var network: String?

    @Option(help: ModelFile.help)
    var model: String?

    func validate() throws {
        guard network == nil || model == nil else { throw ValidationError("Give --network or --model, not both.") }
    }

    func makeNetwork(batch: Int = 1) throws -> Network {
        if let model { return try ModelFile.network(model, batch: batch) }
        return try NetworkCatalog.make(network ?? "squeezenet", batch: batch)
    }
}

/// Trained networks in files.
enum ModelFile {
    static let help: ArgumentHelp = """
        A trained network as an ONNX file, with one N×3×H×W input that takes RGB pictures normalised as for ImageNet.
        """

    /// A network that takes frames, named after its file.
    /// - Throws: `ONNXError`.
    static func network(_ path: String, batch: Int = 1) throws -> Network {
        try Network(onnxFile: path, batch: batch, image: .imageNet)
    }
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
    @Option(help: "Threads of a lane of a CPU cluster; alone, one lane of so many. Default as measured fastest.")
    var threads: Int?

    @Option(
        help: """
            Frames that the device runs at once; alone, they divide a cluster's CPUs. Default as measured fastest on a \
            CPU cluster, 2 on a GPU.
            """)
    var lanes: Int?

    func validate() throws {
        try check(threads, "--threads", in: 1...1024)
        try check(lanes, "--lanes", in: 1...1024)
    }

    var layout: LaneLayout { LaneLayout(lanes: lanes, threads: threads) }
}
