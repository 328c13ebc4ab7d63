// A chart as inline SVG: a drawing of fixed proportions that grows and shrinks with the page. Values.

/// Draws marks and text; colours come from the page's style, by class.
struct Chart {
    /// In units of which a line of text is 13 high.
    static let width = 420.0
    let height: Double
    private let label: String
    private var body = ""

    /// - Parameter label: what it shows, for those who don't see it.
    init(_ label: String, height: Double) { (self.label, self.height) = (label, height) }

    var svg: String {
        element(
            "svg",
            [
                "viewBox": "0 0 \(String(coordinate: Self.width)) \(String(coordinate: height))", "role": "img",
                "aria-label": label,
            ], body)
    }

    /// A device's colour: the page has eight, and starts again.
    static func colour(_ index: Int) -> String { "c\(index % 8)" }

    /// - Parameter tip: what a pointer that rests there is told.
    mutating func bar(
        x: Double, y: Double, width: Double, height: Double, class style: String, tip: String? = nil
    ) {
        body += element(
            "rect",
            [
                "x": String(coordinate: x), "y": String(coordinate: y), "width": String(coordinate: max(width, 0.5)),
                "height": String(coordinate: max(height, 0.5)), "class": style,
            ], Self.title(tip))
    }

    mutating func line(
        _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), class style: String, tip: String? = nil
    ) {
        body += element(
            "line",
            [
                "x1": String(coordinate: from.x), "y1": String(coordinate: from.y), "x2": String(coordinate: to.x),
                "y2": String(coordinate: to.y), "class": style,
            ], Self.title(tip))
    }

    mutating func path(_ points: [(x: Double, y: Double)], class style: String, tip: String? = nil) {
        let list = points.map { "\(String(coordinate: $0.x)),\(String(coordinate: $0.y))" }.joined(separator: " ")
        body += element("polyline", ["points": list, "class": style], Self.title(tip))
    }

    /// Shapes tell devices apart where colours don't.
    mutating func mark(_ index: Int, x: Double, y: Double, radius: Double = 5, tip: String? = nil) {
        let corners: [(Double, Double)] =
            switch index % 4 {
            case 0: (0..<12).map { unitCircle(Double($0) / 12) }
            case 1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
            case 2: [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)]
            default: [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)]
            }
        let list = corners.map {
            "\(String(coordinate: x + radius * $0.0)),\(String(coordinate: y + radius * $0.1))"
        }.joined(separator: " ")
        body += element("polygon", ["points": list, "class": "mark \(Self.colour(index))"], Self.title(tip))
    }

    enum Anchor: String {
        case start, middle, end
    }

    /// - Parameter y: of the line that letters stand on.
    mutating func text(
        _ text: String, x: Double, y: Double, _ anchor: Anchor = .start, class style: String = "", tip: String? = nil
    ) {
        body += element(
            "text",
            [
                "x": String(coordinate: x), "y": String(coordinate: y), "text-anchor": anchor.rawValue, "class": style,
            ], escaped(text) + Self.title(tip))
    }

    /// Names and colours in a row, and further rows where they don't fit.
    /// - Returns: how high they are.
    mutating func legend(_ names: [(text: String, index: Int)], y: Double) -> Double {
        var (x, row) = (0.0, y)
        for (name, index) in names {
            let width = 20 + Self.width(of: name)
            if x > 0, x + width > Self.width { (x, row) = (0, row + 18) }
            mark(index, x: x + 7, y: row - 4)
            text(name, x: x + 17, y: row)
            x += width + 12
        }
        return row - y + 18
    }

    /// What a text takes, about: letters are narrower than high.
    static func width(of text: String) -> Double { Double(text.count) * 7 }

    private static func title(_ tip: String?) -> String { tip.map { element("title", [:], escaped($0)) } ?? "" }
}
