/// The prompt that a caption makes.
///
/// A caption that does not name the class is put behind the class prompt, since the client knows the label
/// and the generator must: "A photo of a tench, a man holding a fish".
package struct InstancePrompt: Hashable {
    /// The class index of the image.
    package let label: Int
    /// The text.
    package let text: String

    /// Puts the class prompt before `caption` where that lacks the name of the class.
    package init(caption: String, label: Int, className: String, template: String) {
        self.label = label
        // One line: the wire format has a line per prompt.
        let words = caption.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let classPrompt = template.replacing("{class}", with: className)
        if words.isEmpty {
            text = classPrompt
        } else {
            text = Self.names(className, in: words) ? words : "\(classPrompt), \(words)"
        }
    }

    /// Whether `text` has `name` as whole words, whatever their case.
    private static func names(_ name: String, in text: String) -> Bool {
        func words(_ text: String) -> [Substring] {
            text.lowercased().split { !$0.isLetter && !$0.isNumber }.map { $0 }
        }
        let wanted = words(name), found = words(text)
        guard !wanted.isEmpty, found.count >= wanted.count else { return false }
        return (0...found.count - wanted.count).contains { found[$0...].starts(with: wanted) }
    }
}
