/// The canonical text of an architecture, `resnet/1 depth=18 classes=10 norm=batch`: family, version, and what it
/// depends on in a fixed order.
struct ArchitectureIdentity {
    let family: String
    let version: Int
    private let values: [(key: String, value: String)]

    init(_ family: String, version: Int, _ values: KeyValuePairs<String, String>) {
        self.family = family
        self.version = version
        self.values = values.map { ($0.key, $0.value) }
    }

    /// Reads the text back; `nil` where it has another form.
    init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let head = words[0].split(separator: "/", omittingEmptySubsequences: false)
        guard head.count == 2, let version = Int(head[1]) else { return nil }
        var values: [(key: String, value: String)] = []
        for word in words.dropFirst() {
            guard let equals = word.firstIndex(of: "=") else { return nil }
            values.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
        }
        family = String(head[0])
        self.version = version
        self.values = values
    }

    var text: String { ([("\(family)/\(version)")] + values.map { "\($0.key)=\($0.value)" }).joined(separator: " ") }

    subscript(key: String) -> String? { values.first { $0.key == key }?.value }

    /// A positive whole number.
    func count(_ key: String) -> Int? { self[key].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil } }

    /// The normalization under the key `norm`.
    var norm: ClassifierNorm? {
        guard let word = self["norm"] else { return nil }
        if word == "batch" { return .batch }
        guard word.hasPrefix("group-"), let groups = Int(word.dropFirst(6)), groups > 0 else { return nil }
        return .group(groups)
    }
}

/// The families of architectures that need no file.
public enum ClassifierArchitectures {
    /// The architecture with an identity that was written by this version or an earlier one; `nil` where the text is not
    /// the identity of a built-in family. A TorchScript module needs its file: `ScriptedModule`.
    public static func architecture(identity text: String) -> (any ClassifierArchitecture)? {
        guard let identity = ArchitectureIdentity(text) else { return nil }
        let candidates: [(any ClassifierArchitecture)?] = [
            ResNetArchitecture(identity), ConvolutionalArchitecture(identity), TinyArchitecture(identity),
        ]
        // Only what it writes itself counts as read.
        return candidates.compactMap(\.self).first { $0.identity == text }
    }
}
