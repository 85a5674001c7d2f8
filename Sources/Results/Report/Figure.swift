import Core
import RunLog

/// A chart of the report with everything that belongs to it: pictures for wide and narrow screens, legend,
/// data and the SQL that gives them. Its properties are the names in `figure.mustache`.
struct Figure {
    /// What a colour and a form stand for.
    struct LegendItem {
        let name: String
        /// Classes of the style sheet.
        let style: String
        /// The form, as SVG.
        let mark: String
    }

    /// How much of the page's width it takes.
    enum Width: String {
        case full, half

        /// The width of the wide picture in pixels.
        var pixels: Double { self == .full ? 1016 : 492 }
    }

    let id: String
    /// What tests find the chart by.
    let kind: String
    let title: String
    let caption: String
    let width: String
    let legend: [LegendItem]
    /// Whether the wide picture says the names itself.
    let legendInNarrowOnly: Bool
    let wide: String
    let narrow: String
    let sql: String
    let columns: [String]
    /// Rows of the data table in HTML.
    let rows: String
    let rowsLeftOut: String?
    // Stored, since templates see no computed properties.
    let hasLegend: Bool
    /// Whether a reader chooses between two views: pictures of the classes `view1` and `view2`.
    let hasViews: Bool
    let firstView: String
    let secondView: String

    /// The width of a narrow picture: a phone's.
    static let narrowWidth = 350.0
    /// Longer tables are cut: the SQL gives the rest.
    private static let mostRows = 200

    /// A figure from the answer to its query.
    ///
    /// - Parameters:
    ///   - views: the names of two views, where `draw` makes two pictures.
    ///   - draw: makes the picture of a width in pixels.
    init(
        id: String, kind: String, title: String, caption: String, width: Width = .full,
        legend: [LegendItem] = [], legendInNarrowOnly: Bool = false,
        views: (first: String, second: String)? = nil, sql: String, data: QueryResult,
        draw: (_ width: Double, _ isNarrow: Bool) -> String
    ) {
        self.id = id
        self.kind = kind
        self.title = title
        self.caption = caption
        self.width = width.rawValue
        self.legend = legend
        hasLegend = !legend.isEmpty
        self.legendInNarrowOnly = legendInNarrowOnly
        hasViews = views != nil
        firstView = views?.first ?? ""
        secondView = views?.second ?? ""
        self.sql = sql
        wide = draw(width.pixels, false)
        narrow = draw(Self.narrowWidth, true)
        columns = data.columns
        rows = data.rows.prefix(Self.mostRows).map { row in
            "<tr>" + row.map(Self.cell).joined() + "</tr>\n"
        }.joined()
        let leftOut = data.rows.count - Self.mostRows
        rowsLeftOut =
            leftOut > 0 ? "and \(Format.grouped(leftOut)) more rows, which the query above gives" : nil
    }

    private static func cell(_ value: QueryResult.Value) -> String {
        switch value {
        case .null: "<td></td>"
        case .text(let text): "<td class=\"text\">\(SVG.escaped(text))</td>"
        case .integer(let number): "<td>\(number)</td>"
        case .real(let number): "<td>\(SVG.escaped(Format.significant(number)))</td>"
        }
    }
}

extension Figure.LegendItem {
    /// The item of a method.
    init(method: String, style: Int) {
        self.init(name: method, style: "s\(style)", mark: Self.mark(style))
    }

    /// The item of a colour.
    init(_ name: String, colour style: String) {
        self.init(
            name: name, style: style,
            mark:
                "<svg viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" rx=\"2\" "
                + "class=\"\(style)\"/></svg>"
        )
    }

    /// The form of a method's marks.
    static func mark(_ style: Int) -> String {
        var svg = SVG()
        svg.element("svg", ["viewBox": "0 0 12 12", "aria-hidden": "true"]) {
            Marker.draw(style, x: 6, y: 6, radius: 5, in: &$0)
        }
        return svg.text
    }
}
