/// Writes SVG elements: attributes in the order given, coordinates with two decimals, texts escaped.
///
/// ```swift
/// var svg = SVG()
/// svg.element("circle", ["cx": 3, "cy": 4.5, "class": "mark"])
/// svg.text   // <circle cx="3" cy="4.5" class="mark"/>
/// ```
package struct SVG {
    /// An attribute's value.
    package enum Value: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
        ExpressibleByStringInterpolation
    {
        case number(Double)
        case text(String)

        package init(floatLiteral value: Double) { self = .number(value) }
        package init(integerLiteral value: Int) { self = .number(Double(value)) }
        package init(stringLiteral value: String) { self = .text(value) }
    }

    /// What has been written so far.
    package private(set) var text = ""

    /// Nothing yet.
    package init() {}

    /// An element without content.
    package mutating func element(_ name: String, _ attributes: KeyValuePairs<String, Value>) {
        open(name, attributes)
        text.removeLast()
        text += "/>"
    }

    /// An element around a text.
    package mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, Value>, text content: String
    ) {
        open(name, attributes)
        text += Self.escaped(content) + "</\(name)>"
    }

    /// An element around others.
    package mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, Value>, _ content: (inout SVG) -> Void
    ) {
        open(name, attributes)
        content(&self)
        text += "</\(name)>"
    }

    /// A whole picture with its size in pixels and its title, which is read out; its style is the class
    /// `chart`.
    package static func chart(
        _ title: String, width: Double, height: Double, style: String = "chart",
        _ content: (inout SVG) -> Void
    ) -> String {
        var svg = SVG()
        svg.element(
            "svg",
            [
                "viewBox": "0 0 \(Int(width)) \(Int(height))", "role": "img", "aria-label": "\(title)",
                "class": "\(style)",
            ], content)
        return svg.text
    }

    private mutating func open(_ name: String, _ attributes: KeyValuePairs<String, Value>) {
        text += "<\(name)"
        for (key, value) in attributes {
            switch value {
            case .number(let number): text += " \(key)=\"\(Self.coordinate(number))\""
            case .text(let value): text += " \(key)=\"\(Self.escaped(value))\""
            }
        }
        text += ">"
    }

    /// A number with at most two decimals: a hundredth of a pixel.
    ///
    /// - Precondition: `value` is finite and not beyond 10¹⁵.
    package static func coordinate(_ value: Double) -> String {
        precondition(value.isFinite, "a coordinate of \(value)")
        let hundredths = Int((value * 100).rounded())
        let sign = hundredths < 0 ? "-" : "", magnitude = hundredths.magnitude
        let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: 100)
        if fraction == 0 { return "\(sign)\(whole)" }
        if fraction % 10 == 0 { return "\(sign)\(whole).\(fraction / 10)" }
        return "\(sign)\(whole).\(fraction < 10 ? "0" : "")\(fraction)"
    }

    /// A text as it stands between tags or in an attribute. Control characters, which XML does not have,
    /// become U+FFFD.
    package static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
            case "\0"..."\u{1F}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
