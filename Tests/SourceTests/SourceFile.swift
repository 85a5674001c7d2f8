import Foundation

/// A Swift file of the package, read once.
struct SourceFile: Sendable {
    /// Its path from the root of the package, such as `Sources/Core/CSV.swift`.
    let path: String
    /// Its lines as they are written.
    let lines: [Substring]
    /// Its code without comments and the texts of string literals.
    let tokens: [Token]

    /// The package's folder.
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// All files under `Sources`, then all under `Tests`, sorted by their paths.
    static let all: [SourceFile] = ["Sources", "Tests"].flatMap { files(under: $0) }

    /// Those of the libraries and the program.
    static let sources = all.filter { $0.path.hasPrefix("Sources/") }

    private static func files(under folder: String) -> [SourceFile] {
        let names =
            FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?
            .compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
            let path = "\(folder)/\(name)"
            let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
            return SourceFile(path: path, text: text ?? "")
        }
    }

    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        tokens = Tokenizer.tokens(of: text)
    }

    /// Its name without the folders.
    var name: String { (path as NSString).lastPathComponent }

    /// The folder that it is in.
    var folder: String { (path as NSString).deletingLastPathComponent }

    /// The target: the folder under `Sources` or `Tests`.
    var target: String { path.components(separatedBy: "/")[1] }

    /// The room: target and first folder inside it, such as `Scenarios/Methods`; the target for its other
    /// files.
    var room: String {
        let parts = path.components(separatedBy: "/")
        return parts.count > 3 ? "\(parts[1])/\(parts[2])" : parts[1]
    }

    /// The modules that it imports.
    var imports: [String] {
        tokens.indices.dropLast().filter { tokens[$0].text == "import" }.map { index in
            // `import struct Foundation.URL` names the module second.
            let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let next = tokens[index + 1].text
            return kinds.contains(next) && index + 2 < tokens.count ? tokens[index + 2].text : next
        }
    }
}
