/// The captions of the image world as a tokenizer sees them.
struct PretrainingCaptions {
    /// The tokenizer's files, to be written beside the weights.
    let builder: TokenizerBuilder

    /// Plans a tokenizer in which each word of the world's captions is one token.
    init() {
        var words: [String] = []
        var isListed: Set<String> = []
        for style in WorldStyle.allCases {
            for object in WorldObject.all {
                for colour in WorldColour.allCases {
                    for background in WorldBackground.allCases {
                        let caption = WorldCaption(
                            object: object.name, style: style, colour: colour, background: background)
                        for form in WorldCaptionForm.allCases {
                            for word in caption.text(form).lowercased().split(separator: " ").map(String.init)
                            where isListed.insert(word).inserted { words.append(word) }
                        }
                    }
                }
            }
        }
        builder = TokenizerBuilder(words: words, maximumLength: PretrainingPlan.captionTokens)
    }
}
