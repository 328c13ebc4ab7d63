// The limits that bound what reading a model may cost, whatever its format.

/// Bounds on what a file, however hostile, can make the importer do. All far above what CNNs need.
enum ImportLimits {
    /// Nodes, their inputs and outputs, attributes, tensors and value descriptions in a file.
    static let messages = 250_000
    /// Elements of a tensor, of all weights that are read, and of all values of a network, weights not counted: 4 GiB.
    static let elements = 1 << 30
    /// Elements of all values before a network is simplified: nothing holds them.
    static let draftElements = 1 << 33
    /// Elements of weights that are copied, beyond four times those that are read: layers may share weights, but not
    /// when each of them needs other ones.
    static let copiedElements = 1 << 26
    /// Elements that importing computes (1 GiB), and multiplications that it spends on them.
    static let foldedWork = 1 << 28
    /// Graphs within graphs: the branches of conditions.
    static let graphDepth = 8
    /// Functions that call functions.
    static let functionDepth = 16
    /// Axes of a tensor.
    static let rank = 16
    /// Kernel, stride, dilation and padding of a window.
    static let window = 1 << 16
}
