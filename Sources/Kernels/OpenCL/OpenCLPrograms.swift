// The engine's OpenCL C programs: built once a device and set of options, when the first network needs them.
import Synchronization

/// A program's source, by its file in `Programs`.
enum OpenCLSource: String {
    case convolution, winograd, depthwise, pooling, normalization, edges
    // These walk tensors of any rank.
    case elementwise, softmax, reduction, resampling, products
    case matrixVector = "matrix_vector"

    var text: [UInt8] {
        switch self {
        case .convolution: PackageResources.convolution_cl
        case .winograd: PackageResources.winograd_cl
        case .depthwise: PackageResources.depthwise_cl
        case .matrixVector: PackageResources.matrix_vector_cl
        case .pooling: PackageResources.pooling_cl
        case .normalization: PackageResources.normalization_cl
        case .edges: PackageResources.edges_cl
        case .elementwise: PackageResources.nest_cl + PackageResources.elementwise_cl
        case .softmax: PackageResources.nest_cl + PackageResources.softmax_cl
        case .reduction: PackageResources.nest_cl + PackageResources.reduction_cl
        case .resampling: PackageResources.nest_cl + PackageResources.resampling_cl
        case .products: PackageResources.nest_cl + PackageResources.products_cl
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
        let common = "-DWIDTH=\(traits.width)" + (traits.precision == .fp16 ? " -DHALF" : "")
        self.options = options.isEmpty ? common : common + " " + options
    }
}

/// The programs built for one device so far. Any thread.
final class OpenCLPrograms: Sendable {
    private let context: OpenCLContextHandle
    private let built = Mutex<[OpenCLBuild: OpenCLProgram]>([:])

    init(_ context: OpenCLContextHandle) { self.context = context }

    /// - Throws: `OpenCLError.build` with the compiler's log.
    func program(_ build: OpenCLBuild) throws(OpenCLError) -> OpenCLProgram {
        try built.withLock { (built) throws(OpenCLError) -> OpenCLProgram in
            if let program = built[build] { return program }
            let program = try OpenCLProgram(
                context, name: build.source.rawValue, source: PackageResources.prelude_cl + build.source.text,
                options: "-cl-std=CL1.2 -cl-mad-enable " + build.options)
            built[build] = program
            return program
        }
    }
}
