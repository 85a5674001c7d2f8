import Models
import Testing

@Suite("Learnt words")
struct LearntWordsTests {
    @Test("A built-in model knows the words of its captions, and names others once in their order")
    func unknown() {
        let words = LearntWords(of: .base)
        #expect(words.unknown(in: ["A photo of a star", "an orange MUG on a striped background"]).isEmpty)
        #expect(
            words.unknown(in: ["A photo of a dog, high quality", "a dog and a tennis-ball"])
                == ["dog", "high", "quality", "and", "tennis", "ball"])
        #expect(words.unknown(in: ["A quickdraw drawing of a ring"]) == ["quickdraw", "drawing"])
        #expect(LearntWords(of: .hundred).unknown(in: WorldClassSet.hundred.names).isEmpty)
        #expect(LearntWords(of: .hundred).unknownClasses(among: WorldClassSet.unseen.names).count == 10)
    }

    @Test("The sentence names at most twelve words and says what the model knows")
    func sentence() {
        let words = LearntWords(of: .small)
        #expect(words.sentence(about: ["A photo of a star"]) == nil)
        let text = words.sentence(about: (1...20).map { "word\($0)" }) ?? ""
        #expect(text.hasPrefix("builtin-small has not learnt the words 'word1', 'word2'"))
        #expect(text.contains("'word12' and 8 more") && text.contains("it knows 'star', 'ring'"))
        #expect(
            LearntWords.captioner.sentence(aboutClasses: ["star", "dog"])?.contains("the class 'dog'") == true
        )
    }
}
