// The way back from a network's input to the source picture.

import NetworkGraph
import Testing

@testable import Results

@Suite struct FrameGeometryTests {
    private func geometry(_ width: Int, _ height: Int, _ fit: ImageFit) -> FrameGeometry {
        let input = ImageInput(height: 100, width: 200, mean: [0, 0, 0], scale: [1, 1, 1], fit: fit)
        return FrameGeometry(frameWidth: width, frameHeight: height, in: input)
    }

    private func area(_ geometry: FrameGeometry, _ left: Float, _ top: Float, _ right: Float, _ bottom: Float)
        -> PixelArea?
    {
        geometry.area(Corners(left: left, top: top, right: right, bottom: bottom))
    }

    @Test func stretched() throws {
        let box = try #require(area(geometry(400, 400, .stretch), 50, 25, 100, 75))
        #expect(box.isNear(100, 100, 100, 200))
    }

    /// A square in a letterbox of twice its width lies between x = 50 and 150.
    @Test func letterboxed() throws {
        let square = geometry(400, 400, .letterbox(grey: 114))
        let box = try #require(area(square, 75, 25, 100, 50))
        #expect(box.isNear(100, 100, 100, 100))
        // What reaches into the border is cut; what is in it isn't there.
        let wide = try #require(area(square, 0, 0, 200, 100))
        #expect(wide.isNear(0, 0, 400, 400))
        #expect(area(square, 0, 0, 40, 100) == nil)
    }

    /// Of a square, the middle half of the rows is seen.
    @Test func cropped() throws {
        let square = geometry(400, 400, .crop)
        let whole = try #require(area(square, 0, 0, 200, 100))
        #expect(whole.isNear(0, 100, 400, 200))
        // A box may reach beyond what the network has seen.
        let beyond = try #require(area(square, 0, -25, 100, 50))
        #expect(beyond.isNear(0, 50, 200, 150))
    }

    @Test func whatIsNoBox() {
        let square = geometry(400, 400, .stretch)
        for number in [Float.nan, .infinity, -.infinity] {
            #expect(area(square, number, 0, 10, 10) == nil && area(square, 0, 0, 10, number) == nil)
        }
        #expect(area(square, 10, 10, 10, 20) == nil && area(square, 20, 20, 10, 10) == nil)
        let huge = area(square, -3e38, -3e38, 3e38, 3e38)
        #expect(huge == nil || huge!.isNear(0, 0, 400, 400))
    }
}
