import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Clients with images of different styles, and prompts that say so.
@Suite("Styles of the built-in world", .serialized)
struct DomainTests {
    private static let three = """
        name: styles
        seed: 3
        clients: 3
        methods: [fgl-one-shot]
        data: { set: shapes, side: 32, train-per-class: 2, test-per-class: 1, styles: [sketch, real, \
        quickdraw], partition: { kind: domains } }
        training: { rounds: 1, local-epochs: 1, batch: 8 }
        synthesis: { per-prompt: 1, steps: 1, epochs: 1, batch: 8, templates: { sketch: "A sketch of a \
        {class}", quickdraw: "A quickdraw drawing of a {class}" } }
        """

    @Test("A client per style; its prompts follow the template of its style, or the general one")
    func prompts() throws {
        let path = try ExperimentTests.run(Self.three)
        #expect(
            try RunTable.query(path, "SELECT client_id, domain, samples FROM client ORDER BY 1")
                == [["0", "sketch", "20"], ["1", "real", "20"], ["2", "quickdraw", "20"]])
        let texts = try RunTable.query(
            path, "SELECT client_id, text, count(*) FROM prompt WHERE label = 0 GROUP BY 1, 2 ORDER BY 1")
        #expect(
            texts == [
                ["0", "A sketch of a star", "1"], ["1", "A photo of a star", "1"],
                ["2", "A quickdraw drawing of a star", "1"],
            ])
        // Thirty prompts, an image each, ten a class.
        #expect(
            try RunTable.query(
                path, "SELECT sum(json_extract(metrics, '$.bytes')) FROM work WHERE kind = 'synthesize'")
                == [["\(30 * 3072)"]])
        let splits = try RunTable.query(
            path, "SELECT DISTINCT split FROM metric WHERE name = 'accuracy' ORDER BY split")
        #expect(splits == [["test"], ["test/quickdraw"], ["test/real"], ["test/sketch"]])
        let reader = try RunLogReader(path: path)
        #expect(try Replay(path: path).verify(reader.run(1)).isWhole)
    }

    @Test("Where nothing is trained, the same clients hold the same and upload the same")
    func timingOnly() throws {
        let paths = try ["real", "none"].map {
            try ExperimentTests.run(Self.three, overrides: ["training.mode=\($0)"])
        }
        for sql in [
            "SELECT client_id, domain, samples FROM client",
            "SELECT client_id, label, samples FROM label_count",
            "SELECT client_id, bytes FROM transfer", "SELECT client_id, text FROM prompt",
        ] {
            #expect(try RunTable.query(paths[0], sql) == RunTable.query(paths[1], sql), "\(sql)")
        }
    }

    @Test("Without styles, or with photos alone, nothing is different")
    func photos() throws {
        let models = try [[], ["data.styles=[real]"]].map { overrides in
            try RunLogReader(
                path: ExperimentTests.run(ExperimentTests.tiny, overrides: ["training.rounds=1"] + overrides)
            ).run(1).modelSHA256
        }
        #expect(models[0] == models[1])
    }

    @Test("Sketches of one style are not the photos of another in other clothes")
    func independence() throws {
        let sets = [1, 2].map { ImageWorld.privateSet(perClass: 1, seed: $0, domain: .sketch) }
        #expect(sets[0].captions != sets[1].captions)
        let joined = ImageSet(domains: [("a", sets[0]), ("b", sets[1])])
        #expect(
            joined.count == 20
                && joined.domains == Array(repeating: 0, count: 10) + Array(repeating: 1, count: 10))
        #expect(
            Array(joined.image(at: 13)) == Array(sets[1].image(at: 3)) && joined.domainNames == ["a", "b"])
        let labels = ImageSet(domains: [
            ("a", ImageWorld.privateLabels(perClass: 1, side: 32, domain: .sketch)),
            ("b", ImageWorld.privateLabels(perClass: 1, side: 32, domain: .real)),
        ])
        #expect(labels.labels == joined.labels && labels.domains == joined.domains && labels.pixels.isEmpty)
    }
}
