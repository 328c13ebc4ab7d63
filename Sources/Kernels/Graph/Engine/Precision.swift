// In which numbers an engine computes. A value.

/// The numbers that layers with weights compute with. Networks, inputs and outputs are FP32 in any case.
public enum Precision: String, Sendable, CaseIterable {
    /// IEEE single precision throughout.
    case fp32
    /// bfloat16 weights and activations (8 bits of exponent, 7 of fraction), products summed in FP32. Results differ
    /// from FP32's by about a percent.
    case bf16
    /// IEEE half precision weights and activations (5 bits of exponent, 10 of fraction), on devices that compute
    /// with them. Results differ from FP32's by some thousandths; values above 65,504 become infinite.
    case fp16

    /// Bytes of a weight or an activation.
    public var byteCount: Int {
        switch self {
        case .fp32: 4
        case .bf16, .fp16: 2
        }
    }
}
