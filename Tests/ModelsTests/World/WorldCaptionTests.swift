import Models
import Testing

@Suite("Captions of the image world")
struct WorldCaptionTests {
    private func caption(
        _ object: String, _ style: WorldStyle, _ colour: WorldColour = .red,
        _ background: WorldBackground = .striped
    ) -> WorldCaption {
        WorldCaption(object: object, style: style, colour: colour, background: background)
    }

    @Test("of photos with the class alone are exactly the class prompts", arguments: ImageWorld.classNames)
    func classPrompt(name: String) {
        #expect(caption(name, .real).text(.classOnly) == "A photo of a \(name)")
        #expect(WorldCaption.classOnly(object: name, style: .real) == "A photo of a \(name)")
    }

    @Test(
        "say what the style shows, with the right article",
        arguments: [
            (.real, .full, "A photo of an orange arrow on a plain background"),
            (.real, .withColour, "A photo of an orange arrow"),
            (.clipart, .full, "A clipart of an orange arrow on a plain background"),
            (.clipart, .classOnly, "A clipart of an arrow"),
            (.infograph, .withColour, "An infograph of an orange arrow"),
            (.painting, .classOnly, "A painting of an arrow"),
            (.quickdraw, .full, "A quickdraw drawing of an arrow"),
            (.quickdraw, .withColour, "A quickdraw drawing of an arrow"),
            (.sketch, .full, "A sketch of an arrow on a plain background"),
            (.sketch, .withColour, "A sketch of an arrow"),
            (.sketch, .empty, ""),
        ] as [(WorldStyle, WorldCaptionForm, String)])
    func sentences(style: WorldStyle, form: WorldCaptionForm, expected: String) {
        #expect(caption("arrow", style, .orange, .plain).text(form) == expected)
    }

    @Test(
        "say a and an as they are spoken, before objects of two words as well",
        arguments: [
            ("owl", .gray, "A clipart of an owl"), ("hourglass", .brown, "A clipart of an hourglass"),
            ("umbrella", .red, "A clipart of an umbrella"), ("house", .red, "A clipart of a house"),
            ("lightning bolt", .yellow, "A clipart of a lightning bolt"),
        ] as [(String, WorldColour, String)])
    func articles(object: String, colour: WorldColour, expected: String) {
        #expect(caption(object, .clipart).text(.classOnly) == expected)
        #expect(
            caption(object, .real, colour, .striped).text(.full)
                == "A photo of a \(colour.name) \(object) on a striped background")
        #expect(
            caption(object, .real, .orange, .plain).text(.full)
                == "A photo of an orange \(object) on a plain background")
        #expect(caption(object, .real).text(.classOnly) == "A photo of a \(object)")
    }

    @Test("are grammatical in every combination")
    func grammar() throws {
        let articles = Set(["a", "an"])
        let words = Set(
            ImageWorld.classNames + WorldColour.allCases.map(\.name) + WorldBackground.allCases.map(\.name)
                + [
                    "A", "An", "a", "an", "of", "on", "photo", "clipart", "infograph", "painting",
                    "quickdraw",
                ]
                + ["drawing", "sketch", "background"])
        for object in ImageWorld.classNames {
            for style in WorldStyle.allCases {
                for colour in WorldColour.allCases {
                    for background in WorldBackground.allCases {
                        for form in [WorldCaptionForm.withColour, .full] {
                            let text = caption(object, style, colour, background).text(form)
                            let parts = text.split(separator: " ").map(String.init)
                            #expect(words.isSuperset(of: parts), "\(text)")
                            #expect(parts.contains(object))
                            for (word, next) in zip(parts, parts.dropFirst())
                            where articles.contains(word.lowercased()) {
                                let takesAn = "aeiou".contains(try #require(next.first))
                                #expect((word.lowercased() == "an") == takesAn, "\(text)")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("differ between all that can be told apart")
    func distinct() {
        var texts: Set<String> = []
        for object in ImageWorld.classNames {
            for style in WorldStyle.allCases {
                for colour in WorldColour.allCases {
                    for background in WorldBackground.allCases {
                        texts.insert(caption(object, style, colour, background).text(.full))
                    }
                }
            }
        }
        // Four styles show 10 colours and 6 backgrounds, sketches 6 backgrounds, quickdraw drawings neither.
        #expect(texts.count == 10 * (4 * 10 * 6 + 6 + 1))
    }
}
