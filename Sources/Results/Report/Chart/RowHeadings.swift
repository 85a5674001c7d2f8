/// What stands above the rows of a chart: a name at the left and figures at the right, in two lines where a
/// row has no room for both in one.
struct RowHeadings {
    private let width: Double
    /// Height that the second line takes.
    let extra: Double

    /// - Parameters:
    ///   - rows: names and figures.
    ///   - width: of the rows, in pixels.
    init(_ rows: [(name: String, detail: String)], width: Double) {
        self.width = width
        let isTight = rows.contains { row in
            Self.width(of: row.name) + 12 + TextWidth.of(row.detail, size: 13) * TextWidth.wide > width
        }
        extra = isTight ? 17 : 0
    }

    func draw(
        _ name: String, _ detail: String, left: Double, baseline: Double, in svg: inout SVG
    ) {
        svg.element(
            "text", ["class": "row-name", "x": .number(left), "y": .number(baseline)], text: fitting(name))
        svg.element(
            "text",
            [
                "class": "row-detail", "x": .number(left + width), "y": .number(baseline + extra),
                "text-anchor": "end",
            ], text: detail)
    }

    /// A name with its middle left out as far as it is too long: variants of a method differ at the end.
    private func fitting(_ name: String) -> String {
        func cut(to kept: Int) -> String { "\(name.prefix(kept / 2))…\(name.suffix(kept - kept / 2))" }
        // No letter is narrower: a name in a file from elsewhere may have a hundred thousand.
        let most = max(9, Int(width / Self.width(of: "i")) + 1)
        var kept = min(name.count, most)
        var text = kept < name.count ? cut(to: kept) : name
        while Self.width(of: text) > width, kept > 8 {
            kept -= 1
            text = cut(to: kept)
        }
        return text
    }

    private static func width(of name: String) -> Double {
        // A little more: long names of narrow letters are estimated too short.
        TextWidth.of(name, size: 14) * TextWidth.bold * 1.05
    }
}
