/// A word of a command line that a user is to copy.
public enum ShellWord {
    /// The word, in quotation marks where a shell would read it as something else.
    public static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "/._-+".contains($0) }
        return isPlain ? word : "'\(word.replacing("'", with: "'\\''"))'"
    }
}
