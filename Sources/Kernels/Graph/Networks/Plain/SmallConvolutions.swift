// Conv-16 to Conv-128: networks for microcontrollers, of the study in paper 003, figure 1 and table 2.

extension NetworkCatalog {
    /// Two 3×3 convolutions without padding, each with a 2×2 pool behind it, and ten classes. With 16 kernels each,
    /// 8,538 parameters for CIFAR-10 (32×32) and 6,490 for MNIST (28×28, one channel).
    static func smallConvolutions(
        _ builder: inout NetworkBuilder, side: Int, _ normalization: NetworkBuilder.Normalization, kernels: Int
    ) {
        var last = builder.picture(side: side, normalization)
        for layer in 1...2 {
            last = builder.convolution("conv\(layer)", last, outputs: kernels, kernel: 3)
            last = builder.pooling("pool\(layer)", last, kernel: 2, stride: 2)
        }
        last = builder.fullyConnected("fc", last, outputs: 10)
        builder.softmax(last)
    }
}
