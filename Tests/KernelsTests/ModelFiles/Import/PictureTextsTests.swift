// PictureTexts: what a user writes of a model's pictures becomes options, or is refused with its name.

import NetworkGraph
import Testing

@testable import ModelFiles

@Suite struct PictureTextsTests {
    private func options(_ change: (inout PictureTexts) -> Void) throws -> ModelOptions {
        var texts = PictureTexts()
        change(&texts)
        return try ModelOptions(texts)
    }

    @Test func nothingIsTheFilesWord() throws {
        let none = try options { _ in }
        #expect(none == ModelOptions())
    }

    @Test func eachTextIsRead() throws {
        let found = try options {
            ($0.size, $0.channels, $0.fit, $0.resample) = ("640X480", "bgr", "letterbox:7", "bilinear")
            ($0.mean, $0.scale) = ("1,2,3", "2")
        }
        let expected = ModelOptions(
            size: ImageSize(width: 640, height: 480), channels: .bgr,
            normalization: ImageNormalization(mean: [1, 2, 3], scale: [0.5, 0.5, 0.5]), fit: .letterbox(grey: 7),
            resampling: .bilinear)
        #expect(found == expected)
    }

    @Test func presetsBringChannels() throws {
        let caffe = try options { $0.preset = "caffe" }
        #expect(caffe.channels == .bgr && caffe.normalization == .caffe)
        let asked = try options { ($0.preset, $0.channels) = ("caffe", "rgb") }
        #expect(asked.channels == .rgb)
    }

    @Test func whatCannotBeReadIsNamed() {
        let wrong: [(String, WritableKeyPath<PictureTexts, String?>, [String])] = [
            ("size", \.size, ["9x", "0x5", "8193x1", "1x2x3", "large", ""]),
            ("channels", \.channels, ["cmyk", "rgba"]),
            ("mean", \.mean, ["a", "1,2", "nan", "1,,2"]), ("scale", \.scale, ["", "inf"]),
            ("preset", \.preset, ["torch"]),
            ("fit", \.fit, ["fold", "letterbox:300"]), ("resample", \.resample, ["cubic"]),
        ]
        for (name, key, texts) in wrong {
            for text in texts {
                #expect {
                    try options { $0[keyPath: key] = text }
                } throws: { error in
                    guard case .unreadable(name, text, _)? = error as? PictureTextError else { return false }
                    return "\(error)".contains("\(name) '\(text)'")
                }
            }
        }
    }

    @Test func whatDoesNotGoTogetherIsRefused() {
        #expect(throws: PictureTextError.presetAndNumbers) { try options { ($0.preset, $0.mean) = ("bytes", "1") } }
        #expect(throws: PictureTextError.scaleOfZero) { try options { $0.scale = "1,0,1" } }
        #expect(throws: PictureTextError.differentChannels(3, 4)) {
            try options { ($0.mean, $0.scale) = ("1,2,3", "1,2,3,4") }
        }
    }
}
