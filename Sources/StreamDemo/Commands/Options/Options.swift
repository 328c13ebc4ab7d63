// Options that several subcommands share.

import ArgumentParser
import Devices
import Foundation
import Kernels
import System

/// Which network.
struct NetworkOptions: ParsableArguments {
    @Option(
        help: """
            The network: \(NetworkCatalog.listing) (weights from a fixed seed); default \
            squeezenet.
            """, completion: .network)
    var network: String?

    @Option(help: ModelFile.help, completion: .model)
    var model: String?

    @OptionGroup var modelOptions: ModelFileOptions
    @OptionGroup var resampleOption: ResampleOption

    func validate() throws {
        guard network == nil || model == nil else { throw ValidationError("Give --network or --model, not both.") }
    }

    /// - Throws: for what is said of a model's pictures where there is no model.
    func checkModelOptions(hasModel: Bool) throws {
        if !hasModel { try modelOptions.checkLeftOut() }
    }

    private var builtInName: String { network ?? "squeezenet" }

    /// The same for two that ask for the same network: a built-in one's name, or a file's path, however it is spelt.
    var wantedNetwork: String {
        guard let model else { return builtInName.lowercased() }
        let (folder, name) = splitPath(model)
        return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path + "/" + name
    }

    func makeNetwork(batch: Int = 1) throws -> OpenedNetwork {
        let options = try modelOptions.options(batch: batch, resampleOption.resample)
        if let model { return try ModelFile.open(model, options) }
        return try source.open(options)
    }

    var source: NetworkSource { model.map { .file($0) } ?? .builtIn(builtInName) }

    var weights: Weights { model == nil ? .random : .file }
}

/// How pictures are shrunk to what a network takes. No model says how its own were.
struct ResampleOption: ParsableArguments {
    @Option(
        help: """
            How pictures are shrunk: area, the mean of what a pixel covers; or bilinear, two taps along each axis, as \
            TensorFlow's resize. Enlarged ones are bilinear.
            """)
    var resample = ImageResampling.area
}

extension ImageResampling: ExpressibleByArgument, Encodable {
    /// For the end of a line of a summary.
    var text: String { "pictures shrunk by \(self == .area ? "area" : "two taps (bilinear)")" }
}

/// Which devices.
struct DeviceOptions: ParsableArguments {
    @Option(help: "The devices, NAME[:CPULIST][@SPEED],…; default all CPU clusters and GPUs.", completion: .devices)
    var devices: String?

    @OptionGroup var host: HostOptions

    /// - Parameter lanes: what the user says of lanes and threads.
    func select(_ lanes: LaneOptions? = nil) throws -> DeviceSelection { try host.select(devices, lanes) }
}

/// Where what a GPU needs of the CPU runs.
struct HostOptions: ParsableArguments {
    @Option(
        name: .customLong("host-cpus"),
        help: "CPUs for the host threads of GPUs without a CPU list of their own, as 0-3; default the slowest cluster.")
    var cpus: String?

    func validate() throws {
        do {
            guard try cpus.map({ try CPUSet(parsing: $0) })?.isEmpty != true else {
                throw ValidationError("--host-cpus names no CPU.")
            }
        } catch let error as CPUSetError {
            throw ValidationError("--host-cpus: \(error)")
        }
    }

    /// - Parameters:
    ///   - devices: as a user writes them; nil for the default ones.
    ///   - lanes: what the user says of lanes and threads; that counts more than a CPU quota.
    func select(_ devices: String?, _ lanes: LaneOptions? = nil) throws -> DeviceSelection {
        let selection = try DeviceSelection(
            devices, hostCPUs: cpus.map { try CPUSet(parsing: $0) }, keepingQuota: lanes?.isGiven != true)
        selection.machine.topology.bindingWatch.report { printWarning(BindingChange.lines([$0]).joined()) }
        return selection
    }
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

    var isGiven: Bool { threads != nil || lanes != nil }
    var layout: LaneLayout { LaneLayout(lanes: lanes, threads: threads) }
}
