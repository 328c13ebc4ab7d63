// AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, section 5.

extension NetworkCatalog {
    /// 224×224, one tower without local response normalisation, as torchvision's `alexnet` at inference (dropout does
    /// nothing): 714,188,480 multiply–accumulates, 61,100,840 parameters, 96 % of them in the fully connected layers.
    static func alexNet(_ builder: inout NetworkBuilder) {
        var last = builder.picture(side: 224, .imageNet)
        last = builder.convolution("conv1", last, outputs: 64, kernel: 11, stride: 4, edges: .pad(2))
        last = builder.pooling("pool1", last, kernel: 3, stride: 2)
        last = builder.convolution("conv2", last, outputs: 192, kernel: 5, edges: .pad(2))
        last = builder.pooling("pool2", last, kernel: 3, stride: 2)
        last = builder.convolution("conv3", last, outputs: 384, kernel: 3, edges: .pad(1))
        last = builder.convolution("conv4", last, outputs: 256, kernel: 3, edges: .pad(1))
        last = builder.convolution("conv5", last, outputs: 256, kernel: 3, edges: .pad(1))
        last = builder.pooling("pool5", last, kernel: 3, stride: 2)
        last = builder.fullyConnected("fc6", last, outputs: 4096, activation: .relu)
        last = builder.fullyConnected("fc7", last, outputs: 4096, activation: .relu)
        // Half-size logits, so that no class takes all of the softmax.
        last = builder.fullyConnected("fc8", last, outputs: 1000, gain: 0.5)
        builder.softmax(last)
    }
}
