import Core

/// The words that a built-in model was trained with. It reads any other word too, and draws an object that it
/// knows in its place.
public struct LearntWords: Sendable {
    /// What the model is called in scenarios.
    public let model: String
    /// The names of the classes that it knows, in order.
    public let classNames: [String]
    private let words: Set<String>

    /// The words of the captions of some objects.
    private init(model: String, objects: [WorldObject]) {
        // The built-in models were trained on every style but quickdraw.
        let styles = WorldStyle.allCases.filter { $0 != .quickdraw }
        let sentences =
            styles.map(\.captionOpening) + WorldColour.allCases.map(\.name)
            + WorldBackground.allCases.map(\.name) + ["a an on background"]
        self.init(model: model, classNames: objects.map(\.name), sentences: sentences)
    }

    private init(model: String, classNames: [String], sentences: [String]) {
        self.model = model
        self.classNames = classNames
        words = Set((sentences + classNames).flatMap(Self.words))
    }

    /// What a text-to-image model was trained with.
    public init(of quality: FoundationQuality) {
        switch quality {
        case .small, .base, .large:
            self.init(model: quality.rawValue, objects: WorldClassSet.basics.objects)
        case .hundred:
            self.init(model: quality.rawValue, objects: WorldClassSet.hundred.objects)
        case .photos:
            // The classes of its `pretraining.json`, in whose captions the article is always "a".
            self.init(
                model: quality.rawValue, classNames: Self.photoClasses, sentences: ["A photo of a", "an"])
        }
    }

    /// CIFAR-10's classes.
    private static let photoClasses = [
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ]

    /// What the built-in captioner was trained with.
    public static let captioner = LearntWords(
        model: "the built-in captioner", objects: WorldClassSet.basics.objects)

    /// The words of texts that the model has not learnt, each once, in the order of the texts.
    public func unknown(in texts: [String]) -> [String] {
        var found: [String] = []
        var isSeen = words
        for word in texts.flatMap(Self.words) where isSeen.insert(word).inserted { found.append(word) }
        return found
    }

    /// The names of classes that are no class of the model, each once.
    public func unknownClasses(among names: [String]) -> [String] {
        let known = Set(classNames.map { Self.words($0).joined(separator: " ") })
        return names.filter { !known.contains(Self.words($0).joined(separator: " ")) }
    }

    /// A sentence about words that are not learnt; `nil` where all are.
    public func sentence(about texts: [String]) -> String? {
        let found = unknown(in: texts)
        guard !found.isEmpty else { return nil }
        return
            "\(model) has not learnt the word\(found.count == 1 ? "" : "s") \(Self.listed(found)), and draws "
            + "an object that it knows instead; it knows \(Self.listed(classNames))"
    }

    /// A sentence about classes that are not learnt; `nil` where all are.
    public func sentence(aboutClasses names: [String]) -> String? {
        let found = unknownClasses(among: names)
        guard !found.isEmpty else { return nil }
        return "\(model) has not learnt the class\(found.count == 1 ? "" : "es") \(Self.listed(found)), and "
            + "captions their images with a class that it knows; it knows \(Self.listed(classNames))"
    }

    /// At most twelve items in quotes.
    private static func listed(_ items: [String]) -> String {
        let most = 12
        let shown = items.prefix(most).map { "'\(TerminalText.line($0, limit: 60))'" }
        let rest = items.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    /// Letters and digits in lower case; everything else is between words.
    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }
}
