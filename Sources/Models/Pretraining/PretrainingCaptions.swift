/// The captions that training shows, as a tokenizer sees them.
enum PretrainingCaptions {
    /// The pieces of a caption that a tokenizer may make one token of.
    static func pieces(of caption: String) -> [String] {
        TokenizerText.pieces(of: TokenizerText.cleaned(caption))
    }

    /// The pieces of captions, each once, in the order in which the captions have them.
    static func words(of captions: [String]) -> [String] {
        var isListed: Set<String> = []
        return captions.flatMap(pieces).filter { isListed.insert($0).inserted }
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
