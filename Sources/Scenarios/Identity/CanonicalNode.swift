/// One value of a canonical text while it is being written.
final class CanonicalNode {
    private enum Content {
        /// Nothing was encoded: an object without fields.
        case nothing
        /// A number, a text, a flag, as written.
        case scalar(String)
        case list([CanonicalNode])
        case object([(key: String, value: CanonicalNode)])
    }

    private var content = Content.nothing

    func set(_ scalar: String) { content = .scalar(scalar) }

    func beginList() {
        if case .list = content { return }
        content = .list([])
    }

    func beginObject() {
        if case .object = content { return }
        content = .object([])
    }

    /// How many elements a list has.
    var count: Int { if case .list(let elements) = content { elements.count } else { 0 } }

    /// A new element of a list.
    func element() -> CanonicalNode {
        let node = CanonicalNode()
        guard case .list(var elements) = content else { preconditionFailure("an element outside a list") }
        content = .nothing
        elements.append(node)
        content = .list(elements)
        return node
    }

    /// The value of a field.
    func field(_ key: String) -> CanonicalNode {
        let node = CanonicalNode()
        guard case .object(var fields) = content else { preconditionFailure("a field outside an object") }
        precondition(!fields.contains { $0.key == key }, "the field \(key) is written twice")
        content = .nothing
        fields.append((key, node))
        content = .object(fields)
        return node
    }

    func write(to text: inout String) {
        switch content {
        case .nothing:
            text += "{}"
        case .scalar(let scalar):
            text += scalar
        case .list(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, field) in sorted.enumerated() {
                if index > 0 { text += "," }
                text += CanonicalScalar.text(field.key)
                text += ":"
                field.value.write(to: &text)
            }
            text += "}"
        }
    }
}

/// How single values are written.
enum CanonicalScalar {
    static func text(_ value: String) -> String {
        var bytes: [UInt8] = [UInt8(ascii: "\"")]
        bytes.reserveCapacity(value.utf8.count + 2)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case ..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                bytes += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return String(decoding: bytes, as: UTF8.self)
    }

    static func flag(_ value: Bool) -> String { value ? "true" : "false" }

    static func integer(_ value: some FixedWidthInteger) -> String { String(value) }

    static func real(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "\"nan\"" : value > 0 ? "\"inf\"" : "\"-inf\"" }
        let sign = value.sign == .minus ? "-" : ""
        guard value != 0 else { return "\(sign)0e0" }
        // The shortest digits that read back as the number are a property of the number. Only their
        // arrangement is Swift's, such as 0.01, 100.0 or 1e-05, and is undone here.
        let parts = value.magnitude.description.split(separator: "e")
        let decimal = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = decimal.count > 1 ? decimal[1] : ""
        var digits = Array((decimal[0] + fraction).drop { $0 == "0" })
        var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.count
        while digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        return "\(sign)\(String(digits))e\(exponent)"
    }
}
