// Operators of TFLite beside what LiteRT 2.3 computed of the same models, once.
import Kernels
import Testing

@Suite("TFLite beside LiteRT")
struct TFLiteComparisonTests {
    @Test(arguments: TFLiteCase.all.map(\.name)) func computesTheSame(_ name: String) throws {
        let item = try #require(TFLiteCase.all.first { $0.name == name })
        let expected = try #require(LiteRTResults.all[name])
        for isPlanar in item.extents.count == 4 ? [false, true] : [false] {
            let results = try item.model(isPlanar: isPlanar).run(item.input)
            #expect(results.count == expected.count)
            for (result, values) in zip(results, expected) {
                #expect(result.shape.extents == values.extents, "planes: \(isPlanar)")
                try #require(result.shape.count == values.numbers.count)
                for (number, other) in zip(result.values, values.numbers) {
                    #expect(abs(number - other) <= 1e-5 * max(1, abs(other)), "planes: \(isPlanar)")
                }
            }
        }
    }

    @Test("blocks around a convolution are its dilation") func dilation() throws {
        func isDilated(_ name: String) throws -> Bool {
            let item = try #require(TFLiteCase.all.first { $0.name == name })
            let network = try item.model(isPlanar: true).network()
            return network.nodes.contains { node in
                if case .convolution(let layer) = node.operation { layer.window.dilations == [2, 2] } else { false }
            }
        }
        let isOne = try isDilated("dilated_by_batches")
        // More is cut off than was put around.
        let isOther = try isDilated("dilated_and_cropped")
        #expect(isOne && !isOther)
    }

    @Test("what depends on no input is computed once") func folding() throws {
        for name in ["resize_by_shape", "reshape_by_pack"] {
            let item = try #require(TFLiteCase.all.first { $0.name == name })
            let network = try item.model(isPlanar: false).network()
            for node in network.nodes {
                switch node.operation {
                case .tensor, .gather, .reshape, .constant: break
                default: Issue.record("\(node.operation.name) is left")
                }
            }
        }
    }

    @Test("planes stay planes") func orders() throws {
        // Of what enters, what leaves, and nothing else.
        for name in [
            "exp", "prelu", "maximum", "floor_mod", "sum_pixels", "max_rows", "log_softmax", "l2_normalization", "tile",
            "mirror_reflect", "reverse", "slice", "transpose_conv_same", "less", "select_v2", "squared_difference",
        ] {
            let item = try #require(TFLiteCase.all.first { $0.name == name })
            let network = try item.model(isPlanar: true).network()
            let transposes = network.nodes.filter { if case .transpose = $0.operation { true } else { false } }
            #expect(transposes.count <= 2, "\(name)")
        }
    }
}
