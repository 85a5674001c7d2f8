import Foundation
import Yams

/// The text of a scenario file as a tree of YAML nodes.
enum ScenarioText {
    /// The largest file that is read.
    static let byteLimit = 1 << 20

    /// The contents of a file.
    static func read(_ path: String) throws(ScenarioProblem) -> String {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ofFile(.fileMissing)
        }
        guard !isFolder.boolValue else { throw ofFile(.fileUnreadable("it is a folder")) }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw ofFile(.fileUnreadable("permission denied"))
        }
        let bytes: Data
        do {
            // One byte more than allowed tells a file that is too large, a device without end among them.
            bytes = try handle.read(upToCount: byteLimit + 1) ?? Data()
        } catch {
            throw ofFile(.fileUnreadable(error.localizedDescription))
        }
        guard bytes.count <= byteLimit else {
            let size = (try? handle.seekToEnd()).map(Int.init) ?? bytes.count
            throw ofFile(.fileTooLarge(bytes: max(size, bytes.count), limit: byteLimit))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw ofFile(.notUTF8) }
        return text
    }

    /// The root node of a text; an empty text is an error.
    static func compose(_ text: String) throws(ScenarioProblem) -> Node {
        guard text.utf8.count <= byteLimit else {
            throw ofFile(.fileTooLarge(bytes: text.utf8.count, limit: byteLimit))
        }
        if let found = UnsupportedYAML.first(in: text) {
            throw ScenarioProblem(
                place: .line(found.line, column: found.column), keyPath: nil,
                reason: .unsupportedYAML(shortened(found.text)))
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
                keyPath: keys.first.map(shortened), reason: .duplicateKey)
        default:
            return ofFile(.malformed("\(error)"))
        }
    }
}
