// What oneDNN's operations on integers do besides: scales, zero points, and what follows. The attributes and, for
// oneDNN 3, the operands that go with them.
import COneDNN
import NetworkGraph

extension OneDNNUnit {
    /// Whether this CPU adds up products of bytes exactly and fast (VNNI). Without, products of pairs are added in 16
    /// bits, which they may not fit in.
    static var multipliesBytes: Bool {
        let isa = dnnl_get_effective_cpu_isa().rawValue
        return [dnnl_cpu_isa_avx512_core_vnni.rawValue, dnnl_cpu_isa_avx2_vnni.rawValue].contains { isa & $0 == $0 }
    }
}

/// How an operation scales integers. Made when compiling, on one thread.
final class OneDNNScaling {
    let pointer: OpaquePointer
    /// What each run is given beside its operands.
    private(set) var operands: [(Int32, OneDNNLayout, AlignedBuffer)] = []
    private var operations: OpaquePointer?

    init() throws(CPULibraryError) {
        var made: OpaquePointer?
        try check("dnnl_primitive_attr_create", dnnl_primitive_attr_create(&made))
        pointer = made!
        try check("scratchpad mode", dnnl_primitive_attr_set_scratchpad_mode(made, dnnl_scratchpad_mode_user))
    }

    deinit {
        if let operations { dnnl_post_ops_destroy(operations) }
        dnnl_primitive_attr_destroy(pointer)
    }

    // MARK: Scales and zero points

    /// Whether biases are multiplied with the channel's scale.
    static var scalesBiases: Bool { !takesOperands }
    private static var takesOperands: Bool { COneDNN_takes_scales_when_run() != 0 }

    /// Of a layer's sums, one an output channel.
    func setChannelScales(_ scales: [Float], isGrouped: Bool) throws(CPULibraryError) {
        try check(
            "output scales", COneDNN_set_channel_scales(pointer, Int64(scales.count), scales, isGrouped ? 1 : 0))
        try addScales(scales, DNNL_ARG_WEIGHTS)
    }

    /// Of one of a binary function's operands.
    func setOperandScale(_ role: Int32, _ scale: Float) throws(CPULibraryError) {
        try check("operand scale", COneDNN_set_operand_scale(pointer, role, scale))
        try addScales([scale], role)
    }

    func setZeroPoint(_ role: Int32, _ zeroPoint: Int) throws(CPULibraryError) {
        guard zeroPoint != 0 else { return }
        try check("zero point", COneDNN_set_zero_point(pointer, role, Int32(zeroPoint)))
        guard Self.takesOperands else { return }
        let buffer = try AlignedBuffer(bytes: MemoryLayout<Int32>.stride)
        buffer.address.storeBytes(of: Int32(zeroPoint), as: Int32.self)
        operands.append((DNNL_ARG_ATTR_ZERO_POINTS | role, try .plain([1], dnnl_s32), buffer))
    }

    private func addScales(_ scales: [Float], _ role: Int32) throws(CPULibraryError) {
        guard Self.takesOperands else { return }
        let buffer = try AlignedBuffer(bytes: scales.count * MemoryLayout<Float>.stride)
        scales.withUnsafeBytes { buffer.address.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
        operands.append((COneDNN_scales_role(role), try .plain([scales.count]), buffer))
    }

    // MARK: What follows, in the order in which it is added

    /// Adds what the destination held before, times a factor.
    func addDestination(times scale: Float) throws(CPULibraryError) {
        try append { COneDNN_post_ops_append_scaled_sum($0, scale) }
    }

    func addLinear(_ slope: Float, _ offset: Float) throws(CPULibraryError) {
        try append { COneDNN_post_ops_append_eltwise($0, dnnl_eltwise_linear, slope, offset) }
    }

    func addActivation(_ activation: Activation) throws(CPULibraryError) {
        guard let (algorithm, alpha, beta) = activation.eltwise else { return }
        try append { COneDNN_post_ops_append_eltwise($0, algorithm, alpha, beta) }
    }

    private func append(_ make: (OpaquePointer?) -> dnnl_status_t) throws(CPULibraryError) {
        if operations == nil { try check("dnnl_post_ops_create", dnnl_post_ops_create(&operations)) }
        try check("post-operation", make(operations))
        // The attributes keep a copy.
        try check("post-operations", dnnl_primitive_attr_set_post_ops(pointer, operations))
    }
}
