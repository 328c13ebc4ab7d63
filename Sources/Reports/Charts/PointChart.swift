// Points in a plane, with lines through or above them. Values.

/// A point that stands for something.
struct ChartPoint {
    let name: String
    let x: Double
    let y: Double
    /// A colour's and shape's number.
    let colour: Int
    let tip: String
    /// Written beside it.
    var label: String?
}

/// A line that isn't made of points to be read: a roof, a front.
struct ChartLine {
    let points: [(x: Double, y: Double)]
    /// A class of the page's style.
    let style: String
    let tip: String
    var label: String?
}

extension Chart {
    /// - Parameters:
    ///   - kind: of both axes.
    ///   - x, y: what the axes measure, with their units.
    init(
        points: [ChartPoint], lines: [ChartLine] = [], kind: Scale.Kind, x xName: String, y yName: String,
        legend names: [(text: String, index: Int)], label: String
    ) {
        let (left, right, plotHeight) = (46.0, Chart.width - 12, 270.0)
        let legendHeight = 20 * Double((names.count + 3) / 4)
        self.init(label, height: legendHeight + plotHeight + 72)
        let top = legend(names, y: 14) + 26
        let xs = points.map(\.x) + lines.flatMap(\.points).map(\.x)
        let ys = points.map(\.y) + lines.flatMap(\.points).map(\.y)
        let bottom = top + plotHeight
        let (horizontal, vertical) =
            switch kind {
            case .linear: (Scale(linear: xs, places: (left, right)), Scale(linear: ys, places: (bottom, top)))
            case .logarithmic:
                (Scale(logarithmic: xs, places: (left, right)), Scale(logarithmic: ys, places: (bottom, top)))
            }
        for tick in horizontal.ticks {
            let x = horizontal.place(tick)
            line((x, top), (x, bottom), class: "grid")
            text(horizontal.text(tick), x: x, y: bottom + 15, .middle, class: "tick")
        }
        for tick in vertical.ticks {
            let y = vertical.place(tick)
            line((left, y), (right, y), class: "grid")
            text(vertical.text(tick), x: left - 5, y: y + 4, .end, class: "tick")
        }
        line((left, bottom), (right, bottom), class: "axis")
        line((left, top), (left, bottom), class: "axis")
        text(xName, x: (left + right) / 2, y: bottom + 33, .middle, class: "axis-name")
        text(yName, x: 0, y: top - 9, class: "axis-name")
        for line in lines {
            let places = line.points.map { (x: horizontal.place($0.x), y: vertical.place($0.y)) }
            path(places, class: line.style, tip: line.tip)
            if let label = line.label, let last = places.last {
                text(label, x: last.x - 2, y: last.y - 5, .end, class: "note", tip: line.tip)
            }
        }
        for point in points {
            let place = (x: horizontal.place(point.x), y: vertical.place(point.y))
            mark(point.colour, x: place.x, y: place.y, tip: point.tip)
            guard let label = point.label else { continue }
            // Beside the point, on the side where there is room.
            let isRight = place.x + 8 + Chart.width(of: label) > right
            text(
                label, x: place.x + (isRight ? -8 : 8), y: place.y + 4, isRight ? .end : .start, class: "note",
                tip: point.tip)
        }
    }
}
