import CYaml

/// Finds YAML that scenarios do not support: anchors (`&name`), aliases (`*name`), block text (`|`, `>`), and
/// nesting without end.
///
/// A few aliases of aliases describe a tree too large for any machine, and Yams compares keys while it
/// composes such a tree, so they are refused before. The scanner is libyaml's own, the one that Yams composes
/// with: what it does not see is not there, however a text is quoted.
struct UnsupportedYAML {
    /// What was found, and where, counted from 1.
    enum Finding: Equatable {
        case token(String, line: Int, column: Int)
        case nesting(line: Int, column: Int)
    }

    /// The deepest level of nesting; scenarios have six.
    static let nestingLimit = 64

    /// The first unsupported token of a text.
    ///
    /// - Returns: `nil` also for a text that is not YAML, which its composition will tell.
    /// - Complexity: O(n) for n characters.
    static func first(in text: String) -> Finding? {
        var text = text
        return text.withUTF8 { bytes in
            var parser = yaml_parser_t()
            guard yaml_parser_initialize(&parser) == 1 else { return nil }
            defer { yaml_parser_delete(&parser) }
            yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
            yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
            return first(in: &parser, of: bytes)
        }
    }

    private static func first(in parser: inout yaml_parser_t, of bytes: UnsafeBufferPointer<UInt8>)
        -> Finding?
    {
        var depth = 0
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else { return nil }
            defer { yaml_event_delete(&event) }
            let mark = event.start_mark
            switch event.type {
            case YAML_STREAM_END_EVENT:
                return nil
            case YAML_ALIAS_EVENT:
                return token("*", from: mark, in: bytes)
            case YAML_SCALAR_EVENT:
                if event.data.scalar.anchor != nil { return token("&", from: mark, in: bytes) }
                let style = event.data.scalar.style
                if style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE {
                    return token("|>", from: mark, in: bytes)
                }
            case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
                let anchor =
                    event.type == YAML_SEQUENCE_START_EVENT
                    ? event.data.sequence_start.anchor : event.data.mapping_start.anchor
                if anchor != nil { return token("&", from: mark, in: bytes) }
                depth += 1
                if depth > nestingLimit {
                    return .nesting(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
                }
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
                depth -= 1
            default: break
            }
        }
    }

    /// The token that begins with one of these characters at a mark or, where a tag stands before it, after
    /// it.
    private static func token(_ starts: String, from mark: yaml_mark_t, in bytes: UnsafeBufferPointer<UInt8>)
        -> Finding
    {
        // Marks count characters.
        var rest = String(decoding: bytes, as: UTF8.self).unicodeScalars.dropFirst(Int(mark.index))
        var (line, column) = (Int(mark.line) + 1, Int(mark.column) + 1)
        while let scalar = rest.first, !starts.unicodeScalars.contains(scalar) {
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
            rest.removeFirst()
        }
        let name = rest.dropFirst().prefix {
            !$0.properties.isWhitespace && !",[]{}".unicodeScalars.contains($0)
        }
        return .token(String(String.UnicodeScalarView(rest.prefix(1) + name)), line: line, column: column)
    }
}
