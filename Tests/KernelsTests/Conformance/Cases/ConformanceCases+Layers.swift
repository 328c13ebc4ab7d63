// Conformance cases of single layers: convolutions, pools, fully connected layers, activations, softmax.
import Kernels

extension ConformanceCase {
    private static let relu6 = Activation.clip(low: 0, high: 6)

    private static func window(_ kernel: Int, _ stride: Int = 1, _ padding: Padding = .none, dilation: Int = 1)
        -> Window
    {
        Window(height: kernel, width: kernel, stride: stride, dilation: dilation, padding: padding)
    }

    static let convolutions: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        // Every kernel, stride and padding, over channel counts that fill vectors and that don't.
        for (kernel, inputs, outputs) in [
            (1, 1, 1), (1, 3, 16), (1, 16, 5), (1, 17, 17), (1, 64, 64), (1, 64, 1), (3, 1, 16), (3, 3, 17), (3, 5, 3),
            (3, 16, 64), (3, 17, 5), (3, 64, 16), (5, 3, 16), (5, 16, 17), (5, 1, 1), (7, 3, 64), (7, 5, 16),
        ] {
            for stride in [1, 2] {
                for (label, padding) in [
                    ("none", Padding.none), ("same", Padding(kernel / 2)),
                    ("bottom right", Padding(top: 0, left: 0, bottom: 1, right: 1)),
                ] where !(kernel == 1 && label == "same") {
                    cases.append(
                        ConformanceCase(
                            "convolution \(kernel)×\(kernel)/\(stride), \(inputs)→\(outputs), padding \(label)",
                            [1, inputs, 11, 13]
                        ) { $0.convolution(inputs, outputs, window(kernel, stride, padding)) })
                }
            }
        }
        for batch in [1, 2] {
            cases += [
                ConformanceCase("convolution, batch \(batch)", [batch, 17, 9, 7]) {
                    $0.convolution(17, 33, window(3, 1, Padding(1)), .relu)
                },
                ConformanceCase("convolution 1×1, batch \(batch)", [batch, 16, 8, 8]) {
                    $0.convolution(16, 32, window(1), relu6)
                },
                ConformanceCase("convolution, dilated, batch \(batch)", [batch, 16, 12, 11]) {
                    $0.convolution(16, 16, window(3, 1, Padding(2), dilation: 2))
                },
                ConformanceCase("convolution, dilated, stride 2, batch \(batch)", [batch, 5, 12, 11]) {
                    $0.convolution(5, 7, window(3, 2, Padding(top: 1, left: 2, bottom: 3, right: 0), dilation: 2))
                },
                ConformanceCase("convolution, four different paddings, batch \(batch)", [batch, 6, 8, 9]) {
                    $0.convolution(6, 10, window(5, 2, Padding(top: 4, left: 1, bottom: 0, right: 3)))
                },
                ConformanceCase("convolution 3×1 and not square, batch \(batch)", [batch, 8, 9, 14]) {
                    $0.convolution(
                        8, 12,
                        Window(height: 3, width: 1, stride: 1, padding: Padding(top: 1, left: 0, bottom: 1, right: 0)))
                },
                ConformanceCase("convolution 1×7, batch \(batch)", [batch, 17, 5, 14]) {
                    $0.convolution(
                        17, 12,
                        Window(height: 1, width: 7, padding: Padding(top: 0, left: 3, bottom: 0, right: 3)), .relu)
                },
                ConformanceCase("convolution of the whole map, batch \(batch)", [batch, 16, 6, 6]) {
                    $0.convolution(16, 20, window(6))
                },
            ]
            for (groups, inputs, outputs) in [(2, 6, 4), (2, 32, 64), (3, 9, 15), (4, 16, 16), (5, 5, 10), (2, 34, 38)]
            {
                cases.append(
                    ConformanceCase(
                        "convolution, \(groups) groups, \(inputs)→\(outputs), batch \(batch)",
                        [
                            batch, inputs, 9, 10,
                        ]
                    ) { $0.convolution(inputs, outputs, window(3, 1, Padding(1)), groups: groups, .relu) })
            }
            for channels in [3, 8, 16, 17, 24, 32, 100] {
                for stride in [1, 2] {
                    cases.append(
                        ConformanceCase(
                            "depthwise /\(stride), \(channels) channels, batch \(batch)",
                            [
                                batch, channels, 11, 14,
                            ]
                        ) {
                            $0.convolution(channels, channels, window(3, stride, Padding(1)), groups: channels, relu6)
                        })
                }
                cases.append(
                    ConformanceCase(
                        "depthwise /2, SAME padding, \(channels) channels, batch \(batch)",
                        [
                            batch, channels, 12, 12,
                        ]
                    ) {
                        $0.convolution(
                            channels, channels, window(3, 2, Padding(top: 0, left: 0, bottom: 1, right: 1)),
                            groups: channels, relu6)
                    })
            }
            cases.append(
                ConformanceCase("depthwise 5×5, batch \(batch)", [batch, 19, 9, 9]) {
                    $0.convolution(19, 19, window(5, 1, Padding(2)), groups: 19)
                })
        }
        for activation in activations {
            cases += [
                ConformanceCase("convolution, \(activation)", [1, 17, 6, 6], within: 8) {
                    $0.convolution(17, 18, window(3, 1, Padding(1)), activation)
                },
                ConformanceCase("depthwise, \(activation)", [2, 18, 6, 6], within: 8) {
                    $0.convolution(18, 18, window(3, 1, Padding(1)), groups: 18, activation)
                },
            ]
        }
        return cases
    }()

    private static let activations: [Activation] = [.identity, .relu, relu6, .clip(low: -1.5, high: 2)]

    static let pools: [ConformanceCase] = {
        let windows = [
            window(2, 2), window(3, 2), window(3, 1, Padding(1)), window(3, 2, Padding(1)),
            // What ceil mode comes to: only the far edges hang over.
            window(3, 2, Padding(top: 0, left: 0, bottom: 1, right: 1)),
            window(2, 2, Padding(top: 0, left: 0, bottom: 1, right: 0)),
            Window(height: 2, width: 3, stride: 3, padding: Padding(top: 1, left: 2, bottom: 0, right: 1)),
        ]
        var cases: [ConformanceCase] = []
        for (number, window) in windows.enumerated() {
            for shape: Shape in [[2, 5, 13, 10], [1, 16, 8, 9], [2, 33, 7, 7]] {
                cases += [
                    ConformanceCase("max pooling \(number), \(shape)", shape) { _ in
                        .pooling(Pooling(.maximum, window: window))
                    },
                    ConformanceCase("average pooling \(number), \(shape)", shape) { _ in
                        .pooling(Pooling(.average, window: window))
                    },
                    ConformanceCase("average pooling \(number), counting padding, \(shape)", shape) { _ in
                        .pooling(Pooling(.average, window: window, countsPadding: true))
                    },
                ]
            }
        }
        for shape: Shape in [[1, 16, 7, 7], [2, 17, 5, 9], [2, 3, 1, 1], [1, 1000, 13, 13]] {
            cases.append(ConformanceCase("global average pooling, \(shape)", shape) { _ in .globalAveragePooling })
        }
        return cases
    }()

    static let vectors: [ConformanceCase] = {
        var cases: [ConformanceCase] = []
        for activation in activations {
            cases += [
                ConformanceCase("fully connected, \(activation)", [2, 37], within: 8) {
                    $0.fullyConnected(37, 19, activation)
                },
                ConformanceCase("activation of a map, \(activation)", [2, 5, 4, 7], within: 8) { _ in
                    .activation(activation)
                },
                ConformanceCase("activation of a vector, \(activation)", [2, 33], within: 8) { _ in
                    .activation(activation)
                },
            ]
        }
        for batch in [1, 2] {
            cases += [
                ConformanceCase("fully connected from a map, batch \(batch)", [batch, 6, 5, 7]) {
                    $0.fullyConnected(210, 40, .relu)
                },
                ConformanceCase("fully connected 512→10, batch \(batch)", [batch, 512]) { $0.fullyConnected(512, 10) },
                ConformanceCase("fully connected to one, batch \(batch)", [batch, 64]) { $0.fullyConnected(64, 1) },
                ConformanceCase("softmax of a vector, batch \(batch)", [batch, 101], within: 10) { _ in .softmax() },
                ConformanceCase("softmax of a map, batch \(batch)", [batch, 7, 3, 5], within: 10) { _ in .softmax() },
                ConformanceCase("softmax of 1×1 maps, batch \(batch)", [batch, 40, 1, 1], within: 10) { _ in
                    .softmax()
                },
                ConformanceCase("softmax of large values, batch \(batch)", [batch, 10], within: 500) { _ in
                    .softmax()
                },
                ConformanceCase("fully connected behind a convolution, batch \(batch)", [batch, 3, 9, 9]) {
                    network, random, ids throws(NetworkError) in
                    let map = try network.append(random.convolution(3, 17, window(3, 2), .relu), ids[0])
                    let hidden = try network.append(random.fullyConnected(17 * 16, 30, .relu), map)
                    let scores = try network.append(random.fullyConnected(30, 11), hidden)
                    return [try network.append(.softmax(), scores)]
                },
            ]
        }
        return cases
    }()
}
