// What the OpenCL engine has kernels for, checked before anything is planned.

extension OpenCLPlan {
    /// - Throws: for the first node that no kernel can run.
    static func checkSupport(_ network: Network) throws(NetworkError) {
        for node in network.nodes {
            guard let obstacle = obstacle(node, node.inputs.map { network.nodes[$0].shape }) else { continue }
            throw NetworkError(node: node.name, reason: "the OpenCL engine has no \(obstacle)")
        }
    }

    /// What is missing, nil if nothing is.
    private static func obstacle(_ node: Network.Node, _ inputs: [Shape]) -> String? {
        switch node.operation {
        case .image, .tensor, .convolution, .fullyConnected, .addition, .activation, .globalAveragePooling: nil
        case .pooling(let layer): layer.window.isDilated ? "dilated pooling" : obstacle(layer.window)
        case .concatenation(let axis): axis == 1 ? nil : "concatenation along axis \(axis)"
        case .softmax(let axis): axis == 1 ? nil : "softmax along axis \(axis)"
        case .reshape(let shape):
            // Only what renames axes: values lie as N×H×W×C.
            featureMapExtents(shape) == featureMapExtents(inputs[0]) ? nil : "reshape of \(inputs[0]) to \(shape)"
        case .logSoftmax, .constant, .unary, .binary, .localResponseNormalization, .matrixMultiplication, .transpose,
            .gather, .pad, .resampling, .reduction, .argMax:
            node.operation.name
        }
    }

    private static func obstacle(_ window: Window) -> String? {
        Set(window.strides).count == 1 && Set(window.dilations).count == 1
            ? nil : "windows with different strides or dilations for rows and columns"
    }
}
