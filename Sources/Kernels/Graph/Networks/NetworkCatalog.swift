// The built-in networks by name. Their weights are drawn from a fixed seed, so every machine runs the same numbers.

/// Networks that need no file: right architectures, random weights. For measuring speed, not for recognising things.
public enum NetworkCatalog {
    /// Names that `make` takes: networks for ImageNet in alphabetical order, those of a family by size; then small ones.
    public static var names: [String] { entries.map(\.name) }

    /// The names for a help text; those that differ only in a number at their end as `resnet{18,34,50,101,152}`.
    package static var listing: String {
        var families: [(stem: Substring, numbers: [Substring])] = []
        for name in names {
            let number = name.reversed().prefix { $0.isNumber || $0 == "." }.count
            let stem = name.dropLast(number)
            if let family = families.firstIndex(where: { $0.stem == stem }) {
                families[family].numbers.append(name.suffix(number))
            } else {
                families.append((stem, [name.suffix(number)]))
            }
        }
        return families.map { family -> String in
            let numbers = family.numbers.joined(separator: ",")
            return family.numbers.count == 1 ? "\(family.stem)\(numbers)" : "\(family.stem){\(numbers)}"
        }.joined(separator: ", ")
    }

    /// The five of the study (paper 004, section III).
    public static let studyNames = ["alexnet", "googlenet", "mobilenet_v1", "resnet50", "squeezenet"]

    /// Builds a network.
    /// - Parameters:
    ///   - name: one of `names`, in any case and punctuation (`ResNet-50`); `mobilenet_v1_1.0` is `mobilenet_v1`.
    ///   - batch: frames a run takes.
    /// - Throws: `UnknownNetworkError` for any other name.
    public static func make(_ name: String, batch: Int = 1) throws(UnknownNetworkError) -> Network {
        try make(name, batch: batch, side: nil)
    }

    /// - Parameters:
    ///   - side: the pictures' height and width, nil for those of the definition. Where a fully connected layer reads a
    ///     feature map, it has as many weights as that then needs.
    ///   - drawsWeights: zeros take much less time, and do where only the structure matters.
    package static func make(
        _ name: String, batch: Int = 1, side: Int?, drawsWeights: Bool = true
    ) throws(UnknownNetworkError) -> Network {
        let wanted = plain(name)
        guard let entry = entries.first(where: { plain($0.name) == wanted || $0.alias.map(plain) == wanted }) else {
            throw UnknownNetworkError(name: name, known: names)
        }
        var builder = NetworkBuilder(
            name: entry.name, batch: batch, side: side, weights: drawsWeights ? RandomWeights(seed: 1) : nil)
        entry.define(&builder)
        return builder.network
    }

    /// Lower-case letters and digits.
    private static func plain(_ name: String) -> String { name.lowercased().filter { $0.isLetter || $0.isNumber } }

    private struct Entry: Sendable {
        let name: String
        let alias: String?
        let define: @Sendable (inout NetworkBuilder) -> Void

        init(_ name: String, alias: String? = nil, _ define: @escaping @Sendable (inout NetworkBuilder) -> Void) {
            (self.name, self.alias, self.define) = (name, alias, define)
        }
    }

    private static let entries = large + small

    /// For microcontrollers.
    private static let small = [16, 32, 64, 96, 128].flatMap { kernels in
        [
            Entry("conv_cifar10_\(kernels)", alias: "conv\(kernels)_cifar10") {
                smallConvolutions(&$0, side: 32, .symmetric, kernels: kernels)
            },
            Entry("conv_mnist_\(kernels)", alias: "conv\(kernels)_mnist") {
                smallConvolutions(&$0, side: 28, .grey, kernels: kernels)
            },
        ]
    }

    /// For pictures of ImageNet's classes.
    private static let large = [
        Entry("alexnet", alexNet),
        Entry("densenet121") { denseNet(&$0, blocks: [6, 12, 24, 16]) },
        Entry("densenet161") { denseNet(&$0, blocks: [6, 12, 36, 24], growth: 48) },
        Entry("densenet169") { denseNet(&$0, blocks: [6, 12, 32, 32]) },
        Entry("densenet201") { denseNet(&$0, blocks: [6, 12, 48, 32]) },
        Entry("googlenet", googLeNet),
        Entry("inception_v3", inceptionV3),
        Entry("inception_v4", inceptionV4),
        Entry("mnasnet", alias: "mnasnet_1.0", mnasNet),
        Entry("mobilenet_v1", alias: "mobilenet_v1_1.0") { mobileNetV1(&$0, width: 1) },
        Entry("mobilenet_v1_0.25") { mobileNetV1(&$0, width: 0.25) },
        Entry("mobilenet_v1_0.5") { mobileNetV1(&$0, width: 0.5) },
        Entry("mobilenet_v1_0.75") { mobileNetV1(&$0, width: 0.75) },
        Entry("mobilenet_v2", alias: "mobilenet_v2_1.0", mobileNetV2),
        Entry("nasnet_large") { nasNet(&$0, side: 331, stem: 96, filters: 168, repeats: 6, skips: true) },
        Entry("nasnet_mobile") { nasNet(&$0, side: 224, stem: 32, filters: 44, repeats: 4, skips: false) },
        Entry("pnasnet5", alias: "pnasnet5_large", pnasNet5),
        Entry("resnet18") { resNet(&$0, blocks: [2, 2, 2, 2], .basic) },
        Entry("resnet34") { resNet(&$0, blocks: [3, 4, 6, 3], .basic) },
        Entry("resnet50") { resNet(&$0, blocks: [3, 4, 6, 3], .bottleneck) },
        Entry("resnet101") { resNet(&$0, blocks: [3, 4, 23, 3], .bottleneck) },
        Entry("resnet152") { resNet(&$0, blocks: [3, 8, 36, 3], .bottleneck) },
        Entry("shufflenet_v2", alias: "shufflenet_v2_1.0") { shuffleNetV2(&$0, channels: 116) },
        Entry("shufflenet_v2_0.5") { shuffleNetV2(&$0, channels: 48) },
        Entry("squeezenet", alias: "squeezenet_1.0", squeezeNet),
        Entry("squeezenet_1.1", squeezeNet11),
        Entry("vgg11") { vgg(&$0, layers: [1, 1, 2, 2, 2]) },
        Entry("vgg13") { vgg(&$0, layers: [2, 2, 2, 2, 2]) },
        Entry("vgg16") { vgg(&$0, layers: [2, 2, 3, 3, 3]) },
        Entry("vgg19") { vgg(&$0, layers: [2, 2, 4, 4, 4]) },
        Entry("xception", xception),
    ]
}
