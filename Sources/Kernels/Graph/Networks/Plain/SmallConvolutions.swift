// Conv-16 to Conv-128: networks for microcontrollers, of the study in paper 003, figure 1 and table 2.

extension NetworkCatalog {
    /// 32×32, for the ten classes of CIFAR-10: two 3×3 convolutions without padding, each with a 2×2 pool behind it.
    /// With 16 kernels each, 8,538 parameters.
    static func smallConvolutions(_ builder: inout NetworkBuilder, kernels: Int) {
        var last = builder.picture(side: 32, .symmetric)
        for layer in 1...2 {
            last = builder.convolution("conv\(layer)", last, outputs: kernels, kernel: 3)
            last = builder.pooling("pool\(layer)", last, kernel: 2, stride: 2)
        }
        last = builder.fullyConnected("fc", last, outputs: 10)
        builder.softmax(last)
    }
}
