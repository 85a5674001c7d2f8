/// How much a caption says.
public enum WorldCaptionForm: CaseIterable, Sendable {
    /// The empty string, the unconditional case of classifier-free guidance.
    case empty
    /// Style and object: "A sketch of a mug". For photos exactly the class prompt of Federated Generative
    /// Learning, "A photo of a {class}", whose article is always "a".
    case classOnly
    /// Style, object and, where it can be seen, the object's colour: "A photo of an orange arrow".
    case withColour
    /// Style, object, colour and background: "A photo of a red star on a striped background".
    case full
}

/// What there is to say about an image; turns into a true sentence.
public struct WorldCaption: Sendable, Hashable {
    /// The object's class name.
    public var object: String
    /// The image's style.
    public var style: WorldStyle
    /// The object's colour.
    public var colour: WorldColour
    /// What the object stands in front of.
    public var background: WorldBackground

    /// Gathers the facts of a caption.
    public init(object: String, style: WorldStyle, colour: WorldColour, background: WorldBackground) {
        self.object = object
        self.style = style
        self.colour = colour
        self.background = background
    }

    /// The caption in the given form. It never names what the style hides: quickdraw drawings show neither
    /// colour nor background, sketches no colour.
    public func text(_ form: WorldCaptionForm) -> String {
        switch form {
        case .empty: ""
        case .classOnly: Self.classOnly(object: object, style: style)
        case .withColour: colouredPhrase
        case .full where style.showsBackground:
            colouredPhrase + " on \(Self.withArticle(background.name + " background"))"
        case .full: colouredPhrase
        }
    }

    /// The caption of form `classOnly`, which needs the class name and the style alone.
    public static func classOnly(object: String, style: WorldStyle) -> String {
        // The paper's prompt is a template that is filled in mechanically; the model must learn it as it is
        // sent.
        style == .real ? "A photo of a \(object)" : "\(style.captionOpening) \(withArticle(object))"
    }

    private var colouredPhrase: String {
        let noun = style.showsColour ? "\(colour.name) \(object)" : object
        return "\(style.captionOpening) \(Self.withArticle(noun))"
    }

    /// "an orange arrow", "a mug", "an hourglass": chosen by the first letter, which is right for every word
    /// of the world but one, whose h is mute.
    private static func withArticle(_ noun: String) -> String {
        let startsWithVowel = noun.first.map { "aeiou".contains($0) } ?? false || noun.hasPrefix("hour")
        return (startsWithVowel ? "an " : "a ") + noun
    }
}
