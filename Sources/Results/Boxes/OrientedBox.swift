// A box that is turned. Pure.

import Glibc

/// A rectangle around a centre, turned by an angle, in pixels of a network's input.
struct OrientedBox: Equatable, Sendable {
    var centreX: Float
    var centreY: Float
    var width: Float
    var height: Float
    /// In radians, from the x axis to the side of length `width`, towards y.
    var angle: Float

    /// A box that isn't turned, turned.
    init(_ upright: Corners, angle: Float) {
        (centreX, centreY) = ((upright.left + upright.right) / 2, (upright.top + upright.bottom) / 2)
        (width, height) = (upright.right - upright.left, upright.bottom - upright.top)
        self.angle = angle
    }

    /// In turn, from the one that lies at the right and the bottom where the angle is 0.
    var corners: [(x: Float, y: Float)] {
        let (x, y): (Float, Float) = (cos(angle), sin(angle))
        let signs: [(along: Float, across: Float)] = [(1, 1), (1, -1), (-1, -1), (-1, 1)]
        return signs.map { sign in
            let (along, across): (Float, Float) = (sign.along * width / 2, sign.across * height / 2)
            return (x: centreX + along * x - across * y, y: centreY + along * y + across * x)
        }
    }

    /// The upright box around it.
    var enclosing: Corners {
        let corners = corners
        let (xs, ys) = (corners.map(\.x), corners.map(\.y))
        return Corners(left: xs.min()!, top: ys.min()!, right: xs.max()!, bottom: ys.max()!)
    }

    /// How alike two are, from 0 to 1: one less the Hellinger distance of the normal distributions with their means and
    /// covariances (Llerena et al., "Gaussian Bounding Boxes and Probabilistic Intersection-over-Union for Object
    /// Detection", 2021), which the makers of YOLO's suppress by.
    func likeness(_ other: OrientedBox) -> Float {
        let (p, q) = (covariance, other.covariance)
        let sum = (xx: p.xx + q.xx, yy: p.yy + q.yy, xy: p.xy + q.xy)
        let determinant = sum.xx * sum.yy - sum.xy * sum.xy
        let own = max(p.xx * p.yy - p.xy * p.xy, 0) * max(q.xx * q.yy - q.xy * q.xy, 0)
        guard determinant > 0, own > 0 else { return 0 }
        let (x, y): (Float, Float) = (centreX - other.centreX, centreY - other.centreY)
        let squares: Float = sum.xx * y * y + sum.yy * x * x
        let distances: Float = (squares - 2 * sum.xy * x * y) / determinant
        let spread: Float = log(determinant / (4 * own.squareRoot()))
        let bhattacharyya: Float = distances / 4 + spread / 2
        return 1 - max(1 - exp(-max(bhattacharyya, 0)), 0).squareRoot()
    }

    /// Of a uniform distribution over it.
    private var covariance: (xx: Float, yy: Float, xy: Float) {
        let (a, b): (Float, Float) = (width * width / 12, height * height / 12)
        let (x, y): (Float, Float) = (cos(angle), sin(angle))
        let xx: Float = a * x * x + b * y * y
        let yy: Float = a * y * y + b * x * x
        return (xx, yy, (a - b) * x * y)
    }
}
