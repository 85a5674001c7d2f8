import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// How many synthetic images there are, and real ones beside them.
@Suite("Images at the server", .serialized)
struct ServerImagesTests {
    /// FLOPs of the server's training over those of one image drawn, and pieces of synthesis.
    private func drawn(_ overrides: String...) throws -> (images: Double, parts: Int) {
        let path = try ExperimentTests.run(
            GenerativeTests.tiny,
            overrides: [
                "methods=[fgl-one-shot]", "training.mode=none", "synthesis.epochs=1", "synthesis.batch=2",
            ]
                + overrides)
        let flops = try RunTable.query(path, "SELECT flops FROM work WHERE kind = 'train'")[0][0]
        let parts = try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'synthesize'")[0][0]
        return (Double(flops)!, Int(parts)!)
    }

    @Test("Real images come on top of the synthetic ones: 40 and 2 or all 6 of each of ten classes")
    func mixed() throws {
        let one = try drawn().images / 40
        #expect(try drawn("synthesis.real-per-class=2").images == 60 * one)
        #expect(try drawn("synthesis.real-per-class=1000").images == 100 * one)
    }

    @Test("Images of each prompt instead of each class: as many, whatever the share of the prompt")
    func perPrompt() throws {
        let one = try drawn().images / 40
        #expect(try drawn("synthesis.per-prompt=7").images == 70 * one)
        // Three templates would be three prompts; here one for each class, over a hundred images in two
        // parts.
        #expect(try drawn("synthesis.per-prompt=101").parts == 20)
    }

    @Test("A mixed set really trains, to another model, the same for one worker and two")
    func real() throws {
        func model(_ real: Int, jobs: Int) throws -> String? {
            let path = try ExperimentTests.run(
                GenerativeTests.tiny,
                overrides: [
                    "methods=[fgl-one-shot]", "synthesis.per-class=2", "synthesis.real-per-class=\(real)",
                    "synthesis.epochs=1", "data.test-per-class=2",
                ], jobs: jobs)
            return try RunLogReader(path: path).run(1).modelSHA256
        }
        let mixed = try model(2, jobs: 2)
        #expect(try mixed != nil && mixed == model(2, jobs: 1))
        #expect(try mixed != model(0, jobs: 2))
    }

    @Test("Numbers that are none are refused")
    func badInput() {
        let cases = [
            (
                "per-prompt: 0",
                "26: synthesis.per-prompt: 0 is not allowed; allowed: a whole number from 1 to 1000000"
            ),
            (
                "real-per-class: -1",
                "30: synthesis.real-per-class: -1 is not allowed; allowed: a whole number from 0 to 1000000"
            ),
        ]
        for (text, sentence) in cases {
            #expect(
                scenarioSentences(minimalScenario + "synthesis: { \(text) }\n") == ["test.yaml:3:" + sentence]
            )
        }
    }
}
