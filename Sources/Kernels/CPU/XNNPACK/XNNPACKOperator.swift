// XNNPACK's objects with Swift's lifetimes.
import CXNNPACK

/// Threads that operators of one context share, the one that runs them included. New threads inherit its binding.
final class XNNPACKPool {
    fileprivate let pointer: pthreadpool_t?

    /// - Throws: `CPULibraryError` where no threads can be started.
    init(threads: Int) throws(CPULibraryError) {
        pointer = threads > 1 ? pthreadpool_create(threads) : nil
        if threads > 1, pointer == nil { try check("pthreadpool_create", xnn_status_out_of_memory) }
    }

    deinit { pthreadpool_destroy(pointer) }
}

/// The layers with weights of a plan, packed once for all of its contexts.
/// Sendable because XNNPACK locks its cache, and because operators that are never set up are never changed.
final class XNNPACKWeights: @unchecked Sendable {
    /// Of 2024.
    fileprivate private(set) var cache: CXNNPACK_cache_t?
    /// To be copied, in 2022; by the position of the step.
    private var originals: [Int: XNNPACKOperator] = [:]

    /// - Parameter layers: by the position of the step.
    init(_ layers: [Int: XNNPACKLayer]) throws(CPULibraryError) {
        guard !layers.isEmpty else { return }
        if let problem = XNNPACK.initialization { throw problem }
        try check("xnn_create_weights_cache", CXNNPACK_cache_create(&cache))
        let pool = try XNNPACKPool(threads: 1)
        for (step, layer) in layers { originals[step] = try XNNPACKOperator(layer, pool, cache) }
        try check("xnn_finalize_weights_cache", CXNNPACK_cache_finalize(cache))
        if cache != nil { originals = [:] }
    }

    deinit { CXNNPACK_cache_destroy(cache) }

    fileprivate func copy(step: Int) -> xnn_operator_t? {
        originals[step].flatMap { XNNPACKMemory.copy($0.pointer) }
    }
}

/// A layer at fixed addresses. Belongs to one context: running changes it.
final class XNNPACKOperator {
    private var made = CXNNPACK_operator()
    private let layer: XNNPACKLayer
    private let pool: XNNPACKPool
    /// Keeps packed weights alive.
    private let weights: XNNPACKWeights?

    /// - Parameters:
    ///   - weights: the plan's, and the layer's step in it.
    ///   - operands: the inputs' addresses, then the result's.
    init(
        _ layer: XNNPACKLayer, _ pool: XNNPACKPool, sharing weights: (plan: XNNPACKWeights, step: Int)?,
        _ operands: [UnsafeMutableRawPointer]
    ) throws(CPULibraryError) {
        (self.layer, self.pool, self.weights) = (layer, pool, weights?.plan)
        // Choices that were remembered come here first.
        if let problem = XNNPACK.initialization { throw problem }
        made.pool = pool.pointer
        made.operation = weights.flatMap { $0.plan.copy(step: $0.step) }
        if made.operation == nil { try pack(weights?.plan.cache) }
        try setUp(operands)
    }

    /// Not set up; for layers with weights, these are packed.
    fileprivate init(
        _ layer: XNNPACKLayer, _ pool: XNNPACKPool, _ cache: CXNNPACK_cache_t?
    ) throws(CPULibraryError) {
        (self.layer, self.pool, weights) = (layer, pool, nil)
        made.pool = pool.pointer
        try pack(cache)
    }

    fileprivate var pointer: xnn_operator_t { made.operation }

    private func pack(_ cache: CXNNPACK_cache_t?) throws(CPULibraryError) {
        let status: xnn_status
        switch layer {
        case .convolution(let convolution, let activation, let source, let target):
            status = CXNNPACK_convolution(
                &made, cache, CXNNPACK_window(convolution.window), UInt32(convolution.groups),
                CXNNPACK_map(source), CXNNPACK_map(target),
                convolution.weights.values.channelsLast(convolution.weights.shape), convolution.bias,
                activation.range.low, activation.range.high)
        case .fullyConnected(let layer, let activation, _):
            status = CXNNPACK_fully_connected(
                &made, cache, layer.weights.shape[1], layer.weights.shape[0], layer.weights.values,
                layer.bias, activation.range.low, activation.range.high)
        case .quantizedConvolution(let convolution, let source, let target):
            var rescaling = convolution.rescaling
            status = convolution.kernelScales.withUnsafeBufferPointer { scales in
                rescaling.kernel_scales = scales.baseAddress
                return CXNNPACK_quantized_convolution(
                    &made, cache, CXNNPACK_window(convolution.layer.window), UInt32(convolution.layer.groups),
                    CXNNPACK_map(source), CXNNPACK_map(target), rescaling, convolution.kernel, convolution.biases)
            }
        case .pooling, .binary, .activation, .unary, .softmax, .quantizedAddition, .quantizedMaximum, .quantizedMean:
            return
        }
        try check(layer.name, status)
    }

    deinit { CXNNPACK_destroy(&made) }

    func run() throws(CPULibraryError) {
        let status = CXNNPACK_run(&made)
        if status != xnn_status_success { try check(layer.name, status) }
    }

    private func setUp(_ operands: [UnsafeMutableRawPointer]) throws(CPULibraryError) {
        let (bytes, result) = (operands[0], operands[operands.count - 1])
        let input = bytes.assumingMemoryBound(to: Float.self)
        let output = result.assumingMemoryBound(to: Float.self)
        let status: xnn_status
        switch layer {
        case .convolution(_, _, let source, _):
            status = CXNNPACK_set_up_convolution(&made, CXNNPACK_map(source), input, output)
        case .fullyConnected(_, _, let batch):
            status = CXNNPACK_set_up_fully_connected(&made, batch, input, output)
        case .pooling(let pooling, let source, let target):
            let make = pooling.kind == .maximum ? CXNNPACK_max_pooling : CXNNPACK_average_pooling
            status = make(
                &made, CXNNPACK_window(pooling.window), CXNNPACK_map(source), CXNNPACK_map(target), input, output)
        case .binary(let kind, let first, let second):
            status = CXNNPACK_binary(
                &made, kind, first.count, first, second.count, second, input,
                operands[1].assumingMemoryBound(to: Float.self), output)
        case .activation(let activation, let rows):
            status = CXNNPACK_unary(
                &made, CXNNPACK_clamp, rows.count, rows.length, rows.sourceStride, rows.targetStride,
                activation.range.low, activation.range.high, 0, input, output)
        case .unary(let function, let rows):
            guard let (kind, slope) = function.xnnpack else { preconditionFailure("XNNPACK has no \(function.name)") }
            status = CXNNPACK_unary(
                &made, kind, rows.count, rows.length, rows.sourceStride, rows.targetStride, 0, 0, slope, input, output)
        case .softmax(let rows, let length):
            status = CXNNPACK_softmax(&made, rows, length, input, output)
        case .quantizedConvolution(let convolution, let source, _):
            status = CXNNPACK_set_up_integer_convolution(
                &made, CXNNPACK_map(source), convolution.isSigned ? 1 : 0, bytes, result)
        case .quantizedAddition(let sum):
            status = CXNNPACK_quantized_addition(
                &made, sum.result.isSigned ? 1 : 0, CXNNPACK_grid(sum.first), CXNNPACK_grid(sum.second),
                CXNNPACK_grid(sum.result), sum.count, bytes, operands[1], result)
        case .quantizedMean(let mean, let source):
            status = CXNNPACK_quantized_mean(
                &made, mean.output.isSigned ? 1 : 0, CXNNPACK_grid(mean.input), CXNNPACK_grid(mean.output),
                CXNNPACK_map(source), bytes, result)
        case .quantizedMaximum(let window, let isSigned, let source, let target):
            status = CXNNPACK_quantized_max_pooling(
                &made, isSigned ? 1 : 0, CXNNPACK_window(window), CXNNPACK_map(source), CXNNPACK_map(target), bytes,
                result)
        }
        try check(layer.name, status)
    }
}
