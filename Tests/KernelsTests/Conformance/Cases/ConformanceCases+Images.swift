// Frames that become a network's input: smaller, larger and odd ones, shrunk in either way.
import Kernels

extension ConformanceCase {
    static let images: [ConformanceCase] = resized + fitted

    private static let resized: [ConformanceCase] = ImageResampling.allCases.flatMap { resampling -> [ConformanceCase] in
        let input = ImageInput(
            height: 17, width: 23, mean: [123.675, 116.28, 103.53], scale: [0.0171, 0.0175, 0.0174],
            resampling: resampling)
        let pair = ImageInput(
            batch: 2, height: 12, width: 10, mean: [127.5, 127.5, 127.5], scale: [0.0078, 0.0078, 0.0078],
            resampling: resampling)
        let half = Window(height: 3, width: 3, stride: 2, padding: Padding(top: 0, left: 0, bottom: 1, right: 1))
        func name(_ text: String) -> String { "image, \(text), \(resampling)" }
        return [
            ConformanceCase(image: name("scaled down"), input, frames: [(101, 63)]),
            ConformanceCase(image: name("scaled up"), input, frames: [(7, 5)]),
            ConformanceCase(image: name("its own size"), input, frames: [(23, 17)]),
            ConformanceCase(image: name("a pixel larger"), input, frames: [(24, 18)]),
            ConformanceCase(image: name("one pixel"), input, frames: [(1, 1)]),
            ConformanceCase(image: name("nine times"), input, frames: [(207, 153)]),
            ConformanceCase(image: name("one and a half times"), pair, frames: [(15, 18), (15, 18)]),
            ConformanceCase(image: name("wide and low"), input, frames: [(200, 3)]),
            ConformanceCase(image: name("narrow and high"), input, frames: [(2, 300)]),
            ConformanceCase(image: name("batch 2 of two sizes"), pair, frames: [(31, 9), (6, 40)]),
            ConformanceCase(image: name("and convolution"), input, frames: [(101, 63)], convolution: half),
            ConformanceCase(
                image: name("and convolution, batch 2"), pair, frames: [(31, 9), (6, 40)], convolution: half),
            ConformanceCase(
                image: name("to one pixel, sums past 16 bits"),
                ImageInput(height: 1, width: 1, mean: [0, 0, 0], scale: [1, 1, 1], resampling: resampling),
                frames: [(30, 600)]),
        ]
    }

    /// Every kind of pixels in every fit, from wider, higher, equally shaped, smaller and equal frames.
    private static let fitted: [ConformanceCase] = ImageChannels.allCases.flatMap { channels -> [ConformanceCase] in
        func input(_ batch: Int, _ fit: ImageFit, _ resampling: ImageResampling) -> ImageInput {
            ImageInput(
                batch: batch, height: 9, width: 13, channels: channels,
                mean: Array([123.675, 116.28, 103.53, 10].prefix(channels.count)),
                scale: Array([0.0171, 0.0175, 0.02, 0.004].prefix(channels.count)), fit: fit, resampling: resampling)
        }
        let sizes = [(70, 20), (20, 70), (26, 18), (5, 4), (13, 9), (1, 300)]
        let window = Window(height: 3, width: 3, padding: Padding(1))
        let letterbox = ImageFit.letterbox(grey: 114)
        return [
            ConformanceCase(image: "image, \(channels), stretched", input(6, .stretch, .area), frames: sizes),
            ConformanceCase(image: "image, \(channels), cropped", input(6, .crop, .bilinear), frames: sizes),
            ConformanceCase(image: "image, \(channels), letterboxed", input(6, letterbox, .area), frames: sizes),
            ConformanceCase(
                image: "image, \(channels), letterboxed, and convolution", input(2, letterbox, .bilinear),
                frames: [(31, 9), (6, 40)], convolution: window),
        ]
    }
}
