import Core

/// What a resolved scenario settles for a run: its keys with their values, without what varies within one
/// variant, seed and methods.
///
/// Two runs of one method with equal settings differ in their seed alone, and a mean over them says
/// something.
package struct RunSettings: Sendable, Hashable {
    /// A key with its value.
    package struct Entry: Sendable, Hashable {
        /// Its path: `training.rounds`.
        package let key: String
        /// Its value as one line of YAML.
        package fileprivate(set) var value: String
    }

    /// The keys in the order of the text.
    package let entries: [Entry]

    /// More keys than this are no scenario of ours.
    private static let mostKeys = 2000

    /// Reads the resolved text of a scenario, also of another version: block mappings by their indentation,
    /// each value on one line. What is neither belongs to the value before it, so that nothing is lost.
    package init(ofScenario text: String) {
        var entries = [Entry(key: "", value: "")]
        var sections: [(indentation: Int, name: Substring)] = []
        for line in text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline) {
            let indentation = line.prefix { $0 == " " }.count
            let content = line.dropFirst(indentation)
            guard let (name, value) = Self.pair(content), entries.count < Self.mostKeys else {
                entries[entries.count - 1].value += " " + content
                continue
            }
            while let last = sections.last, last.indentation >= indentation { sections.removeLast() }
            let path = (sections.map(\.name) + [name]).joined(separator: ".")
            entries.append(Entry(key: path, value: String(value)))
            if value.isEmpty { sections.append((indentation, name)) }
        }
        self.entries = entries.filter { entry in
            !entry.value.isEmpty && entry.key != "seed" && entry.key != "methods"
        }
    }

    /// A line `name: value` or `name:`; `nil` for anything else.
    private static func pair(_ content: Substring) -> (name: Substring, value: Substring)? {
        guard let colon = content.firstIndex(of: ":") else { return nil }
        let name = content[..<colon], rest = content[content.index(after: colon)...]
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }),
            name.first != "-", rest.isEmpty || rest.first == " "
        else { return nil }
        return (name, rest.drop { $0 == " " })
    }

    /// SHA-256 over the keys and values in hexadecimal.
    package var sha256: String {
        let text = entries.map { "\($0.key): \($0.value)\n" }.joined()
        return SHA256.hash(data: Array(text.utf8)).hexadecimal
    }
}
