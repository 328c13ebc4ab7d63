// What a candidate's numbers mean, coding by coding, against boxes worked out by hand.

import Foundation
import Testing

@testable import Results

@Suite struct BoxCodingTests {
    /// Column 3, row 2 of cells of 8 pixels, an anchor of 20 × 10.
    private var place: BoxPlace {
        var place = BoxPlace(inputWidth: 100, inputHeight: 50)
        (place.column, place.row, place.stepX, place.stepY) = (3, 2, 8, 8)
        (place.anchor, place.variances) = (AnchorSize(width: 20, height: 10), (0.1, 0.2))
        return place
    }

    private func expect(
        _ coding: BoxCoding, _ numbers: [Float], centre: (Float, Float), size: (Float, Float),
        _ place: BoxPlace? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let box = coding.corners(numbers, place ?? self.place)
        let wanted = Corners(centreX: centre.0, centreY: centre.1, width: size.0, height: size.1)
        let differences = [
            box.left - wanted.left, box.top - wanted.top, box.right - wanted.right, box.bottom - wanted.bottom,
        ]
        #expect(differences.allSatisfy { abs($0) < 1e-3 }, "\(coding): \(box)", sourceLocation: sourceLocation)
    }

    @Test func decoded() {
        let place = BoxPlace(inputWidth: 100, inputHeight: 50)
        expect(.corners, [10, 20, 30, 60], centre: (20, 40), size: (20, 40), place)
        expect(.cornersByRow, [20, 10, 60, 30], centre: (20, 40), size: (20, 40), place)
        expect(.centre, [20, 40, 20, 40], centre: (20, 40), size: (20, 40), place)
        var fractions = place
        (fractions.stepX, fractions.stepY) = (100, 50)
        expect(.centre, [0.5, 0.2, 0.1, 0.4], centre: (50, 10), size: (10, 20), fractions)
    }

    @Test func grids() {
        expect(.cells, [0.5, 0.25, log(2), log(4)], centre: (28, 18), size: (16, 32))
        expect(.peaks, [0.5, 0.25, 2, 4], centre: (28, 18), size: (16, 32))
        expect(.logarithmicPeaks, [log(4), log(2), -0.5, 0.5], centre: (32, 16), size: (16, 32))
        expect(.offsets, [1, -2, 30, 40], centre: (29, 18), size: (30, 40))
        expect(.radius, [0.2], centre: (24, 16), size: (20, 10))
        expect(.shares, [0, 0, 0, 0], centre: (24, 16), size: (50, 25))
    }

    @Test func anchors() {
        expect(.priors, [1, -1, 0, 5], centre: (30, 19), size: (20, 10 * exp(1)))
        expect(.priorsByRow, [-1, 1, 5, 0], centre: (30, 19), size: (20, 10 * exp(1)))
        expect(.anchors, [0, 0, log(2), 0], centre: (28, 20), size: (40, 10))
        expect(.scaledAnchors, [0, 0, 0, 0], centre: (28, 20), size: (20, 10))
    }

    @Test func distances() {
        expect(.distances, [1, 0.5, 1, 0.5], centre: (28, 20), size: (16, 8))
        expect(.cornerDistances, [1, 0.5, 1, 0.5], centre: (24, 16), size: (16, 8))
        // Sure of 1, of 2, of 0, and in the middle between 0 and 3.
        let bins: [Float] = [-99, 99, -99, -99, -99, -99, 99, -99, 99, -99, -99, -99, 5, -99, -99, 5]
        let box = BoxCoding.distances.corners(bins, place)
        #expect(abs(box.left - 20) < 1e-3 && abs(box.top - 4) < 1e-3)
        #expect(abs(box.right - 28) < 1e-3 && abs(box.bottom - 32) < 1e-3)
    }

    @Test func usualNames() {
        #expect(COCO.names(80)?.contains { $0.isEmpty || $0.hasPrefix(" ") || $0.hasSuffix(" ") } == false)
        #expect(COCO.names(80)?[58] == "potted plant")
    }

    @Test func points() {
        let box = Corners(left: 10, top: 20, right: 30, bottom: 60)
        func near(_ coding: BoxCoding, _ x: Float, _ y: Float) -> Bool {
            let point = coding.point(0.5, 0.25, place, box)
            return abs(point.x - x) < 1e-3 && abs(point.y - y) < 1e-3
        }
        #expect(near(.cells, 28, 18))
        #expect(near(.priors, 29, 20.25))
        #expect(near(.offsets, 28.5, 20.25))
        // y before x, of the box.
        #expect(near(.logarithmicPeaks, 15, 40))
    }
}
