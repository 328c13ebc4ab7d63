// MnasNet: Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile", 2018, figure 7.

extension NetworkCatalog {
    /// 224×224, MnasNet-B1 (without squeeze and excitation), as torchvision's `mnasnet1_0`: 4,383,312 trainable
    /// parameters before batch normalisation is folded.
    static func mnasNet(_ builder: inout NetworkBuilder) {
        // Output channels, kernel, first stride, expansion and repeats of each stage.
        let stages = [
            (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4),
            (320, 3, 1, 6, 1),
        ]
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 32, kernel: 3, stride: 2, edges: .pad(1))
        last = builder.invertedResidual(
            "block1.0", last, outputs: 16, expansion: 1, kernel: 3, stride: 1, activation: .relu)
        for (stage, (outputs, kernel, stride, expansion, repeats)) in stages.enumerated() {
            for block in 0..<repeats {
                last = builder.invertedResidual(
                    "block\(stage + 2).\(block)", last, outputs: outputs, expansion: expansion, kernel: kernel,
                    stride: block == 0 ? stride : 1, activation: .relu)
            }
        }
        last = builder.convolution("conv_last", last, outputs: 1280, kernel: 1, gain: .behindLinear)
        builder.classifier(last)
    }
}
