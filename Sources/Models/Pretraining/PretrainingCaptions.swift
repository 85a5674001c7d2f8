/// The captions of the image world as a tokenizer sees them.
struct PretrainingCaptions {
    /// The tokenizer's files, to be written beside the weights.
    let builder: TokenizerBuilder

    /// Plans a tokenizer in which each word of the captions of these objects is one token.
    init(of objects: [WorldObject]) {
        builder = TokenizerBuilder(
            words: Self.words(of: objects, lowercased: true), maximumLength: PretrainingPlan.captionTokens)
    }

    /// The words of all captions of some objects, each once, in the order in which the captions name them.
    static func words(of objects: [WorldObject], lowercased: Bool) -> [String] {
        var words: [String] = []
        var isListed: Set<String> = []
        for style in WorldStyle.allCases {
            for object in objects {
                for colour in WorldColour.allCases {
                    for background in WorldBackground.allCases {
                        let caption = WorldCaption(
                            object: object.name, style: style, colour: colour, background: background)
                        for form in WorldCaptionForm.allCases {
                            let text = lowercased ? caption.text(form).lowercased() : caption.text(form)
                            for word in text.split(separator: " ").map(String.init)
                            where isListed.insert(word).inserted { words.append(word) }
                        }
                    }
                }
            }
        }
        return words
    }
}
