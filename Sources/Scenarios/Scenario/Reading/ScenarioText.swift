import Core
import Yams

/// The text of a scenario file as a tree of YAML nodes.
enum ScenarioText {
    /// The largest file that is read.
    static let byteLimit = 1 << 20

    /// The contents of a file, which must be a regular one.
    static func read(_ path: String) throws(ScenarioProblem) -> String {
        let bytes: [UInt8]
        do throws(RegularFile.Failure) {
            bytes = try RegularFile.bytes(of: path, limit: byteLimit)
        } catch {
            switch error {
            case .missing: throw ofFile(.fileMissing)
            case .notRegular(let kind): throw ofFile(.fileUnreadable("it is \(kind)"))
            case .tooLarge(let bytes, let limit): throw ofFile(.fileTooLarge(bytes: bytes, limit: limit))
            case .unreadable(let reason): throw ofFile(.fileUnreadable(reason))
            }
        }
        do throws(UTF8Text.Failure) {
            return try UTF8Text.text(ofFile: bytes)
        } catch {
            throw ScenarioProblem(
                place: error.place.map { .line($0.line, column: $0.column) } ?? .file, keyPath: nil,
                reason: .notUTF8(error))
        }
    }

    /// The root node of a text; an empty text is an error.
    static func compose(_ text: String) throws(ScenarioProblem) -> Node {
        guard text.utf8.count <= byteLimit else {
            throw ofFile(.fileTooLarge(bytes: text.utf8.count, limit: byteLimit))
        }
        let text = withoutByteOrderMark(text)
        switch UnsupportedYAML.first(in: text) {
        case .token(let token, let line, let column):
            throw ScenarioProblem(
                place: .line(line, column: column), keyPath: nil, reason: .unsupportedYAML(shortened(token)))
        case .nesting(let line, let column):
            throw ScenarioProblem(
                place: .line(line, column: column), keyPath: nil,
                reason: .tooDeep(limit: UnsupportedYAML.nestingLimit))
        case nil: break
        }
        let root: Node?
        do {
            root = try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch {
            throw problem(of: error, in: text)
        }
        guard let root, !root.isEmptyValue else { throw ofFile(.empty) }
        return root
    }

    /// A byte order mark may stand before a text (YAML 1.2, section 5.2); editors on Windows write it.
    private static func withoutByteOrderMark(_ text: String) -> String {
        guard text.unicodeScalars.first == "\u{FEFF}" else { return text }
        return String(text.unicodeScalars.dropFirst())
    }

    private static func ofFile(_ reason: ScenarioProblem.Reason) -> ScenarioProblem {
        ScenarioProblem(place: .file, keyPath: nil, reason: reason)
    }

    private static func problem(of error: any Error, in text: String) -> ScenarioProblem {
        switch error {
        case YamlError.scanner(_, let why, let mark, _), YamlError.parser(_, let why, let mark, _),
            YamlError.composer(_, let why, let mark, _):
            return ScenarioProblem(
                place: .line(mark.line, column: mark.column), keyPath: nil, reason: .malformed(why))
        case YamlError.reader(let why, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            let line = before.count(where: \.isNewline) + 1
            let column = before.reversed().prefix { !$0.isNewline }.count + 1
            return ScenarioProblem(place: .line(line, column: column), keyPath: nil, reason: .malformed(why))
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            return ScenarioProblem(
                place: .line(context.mark.line, column: context.mark.column),
                keyPath: keys.first.map { shortened($0) }, reason: .duplicateKey)
        default:
            return ofFile(.malformed(TerminalText.line("\(error)", limit: 200)))
        }
    }
}
