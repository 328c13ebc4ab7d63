// The engine's OpenCL C programs: built or loaded once a device and set of options, when the first network needs them.
import NetworkGraph
import Synchronization

/// A program's source, by its file in `Programs`.
enum OpenCLSource: String {
    case convolution, winograd, depthwise, pooling, normalization, edges
    // These walk tensors of any rank.
    case elementwise, softmax, reduction, moments, resampling, products
    case matrixVector = "matrix_vector"
    // Not of networks: what a device can do at most.
    case ceilings

    var text: [UInt8] {
        switch self {
        case .convolution: PackageResources.dot_cl + PackageResources.convolution_cl
        case .winograd: PackageResources.winograd_cl
        case .depthwise: PackageResources.depthwise_cl
        case .matrixVector: PackageResources.matrix_vector_cl
        case .pooling: PackageResources.pooling_cl
        case .normalization: PackageResources.normalization_cl
        case .edges: PackageResources.edges_cl
        case .elementwise: PackageResources.nest_cl + PackageResources.elementwise_cl
        case .softmax: PackageResources.nest_cl + PackageResources.softmax_cl
        case .reduction: PackageResources.nest_cl + PackageResources.reduction_cl
        case .moments: PackageResources.nest_cl + PackageResources.moments_cl
        case .resampling: PackageResources.nest_cl + PackageResources.resampling_cl
        case .products: PackageResources.nest_cl + PackageResources.products_cl
        case .ceilings: PackageResources.dot_cl + PackageResources.ceilings_cl
        }
    }
}

/// A program as built: which source, with which options.
struct OpenCLBuild: Hashable {
    let source: OpenCLSource
    let options: String

    /// - Parameter options: what the source asks for beyond what all do.
    init(_ source: OpenCLSource, _ traits: OpenCLTraits, _ options: String = "") {
        self.source = source
        self.options =
            "-DWIDTH=\(traits.width)" + (traits.isCPU ? " -DONE_ITEM_GROUPS" : "")
            + (traits.precision == .fp16 ? " -DHALF" : "") + (options.isEmpty ? "" : " " + options)
    }

    /// The same for values on grids.
    /// - Parameter input, output: the grids of what is read and written; nil for floats.
    init(
        _ source: OpenCLSource, _ traits: OpenCLTraits, _ options: String = "", from input: QuantizationGrid?,
        to output: QuantizationGrid?
    ) {
        let parts = [options, input == nil ? "" : "-DBYTES_IN", output == nil ? "" : "-DBYTES_OUT"]
        self.init(source, traits, parts.filter { !$0.isEmpty }.joined(separator: " "))
    }

    /// What the compiler gets.
    var text: [UInt8] { PackageResources.prelude_cl + source.text }
    var compilerOptions: String {
        let version = options.contains(DotProduct.packed.buildOption) ? "3.0" : "1.2"
        return "-cl-std=CL\(version) -cl-mad-enable -cl-denorms-are-zero " + options
    }
}

/// The programs built for one device so far, loaded from the cache where it has them. Any thread.
final class OpenCLPrograms: Sendable {
    private let context: OpenCLContextHandle
    private let cache: OpenCLProgramCache?
    private let state = Mutex(State())

    private struct State {
        var built: [OpenCLBuild: OpenCLProgram] = [:]
        /// Those built from source that the cache doesn't have yet.
        var unkept: [OpenCLBuild: OpenCLProgramKey] = [:]
    }

    /// - Parameter cache: where binaries outlive the process; nil to build from source always.
    init(_ context: OpenCLContextHandle, cache: OpenCLProgramCache?) {
        (self.context, self.cache) = (context, cache)
    }

    /// - Throws: `OpenCLError.build` with the compiler's log.
    func program(_ build: OpenCLBuild) throws(OpenCLError) -> OpenCLProgram {
        try state.withLock { (state) throws(OpenCLError) -> OpenCLProgram in
            if let program = state.built[build] { return program }
            let program = try make(build, &state)
            state.built[build] = program
            return program
        }
    }

    private func make(_ build: OpenCLBuild, _ state: inout State) throws(OpenCLError) -> OpenCLProgram {
        let (text, options) = (build.text, build.compilerOptions)
        let key = cache == nil ? nil : try OpenCLProgramKey(source: text, options: options, device: context.device)
        if let key, let binary = cache?.binary(for: key),
            let program = OpenCLProgram(context, binary: binary, options: options)
        {
            return program
        }
        let program = try OpenCLProgram(context, name: build.source.rawValue, source: text, options: options)
        state.unkept[build] = key
        return program
    }

    /// Puts those of these that were built from source into the cache, once their kernels have run: see
    /// `OpenCLProgram.binary()`, also for what it costs. So it isn't done for programs that were only tried out.
    func keepBinaries(of builds: some Sequence<OpenCLBuild>) {
        guard let cache else { return }
        for build in Set(builds) {
            let unkept = state.withLock { state in
                state.unkept.removeValue(forKey: build).map { (key: $0, program: state.built[build]!) }
            }
            // Unlocked: other threads build and run meanwhile.
            if let unkept, let binary = unkept.program.binary() { cache.keep(binary, for: unkept.key) }
        }
    }
}
