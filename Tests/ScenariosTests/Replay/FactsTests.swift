import Foundation
import RunLog
import Scenarios
import TestSupport
import Testing

/// What a file says of a run's inputs, changed by hand.
@Suite("Facts of inputs")
struct FactsTests {
    @Test("Numbers that no foundation model has are refused in a sentence, not computed with")
    func foundation() throws {
        let whole = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[fgl-one-shot]", "training.mode=none"])
        for (name, value) in [
            ("unet", "-1e300"), ("unet", "1e300"), ("decoder", "-1"), ("textEncoder", "1e19"),
            ("encoder", "-1"), ("tokenWidth", "0"), ("tokenWidth", "9223372036854775807"),
            ("guidedPasses", "9223372036854775807"), ("guidedPasses", "0"), ("callsPerStep", "-1"),
            ("callsPerStep", "4294967296"),
            ("attention", "[{\"name\":\"a\",\"inputs\":4294967296,\"outputs\":4294967296,\"positions\":1}]"),
        ] {
            let path = TestFiles.path("facts.sqlite")
            try FileManager.default.copyItem(atPath: whole, toPath: path)
            _ = try RunTable.change(
                path,
                """
                UPDATE input SET facts = json_set(facts, '$.\(name)', json('\(value)')) \
                WHERE json_extract(facts, '$.unet') IS NOT NULL
                """)
            #expect(
                throws: FederationError.unreadableRecord(what: "the facts of the input 'foundation'"),
                "\(name): \(value)"
            ) {
                let replay = try Replay(path: path)
                _ = try replay.verify(replay.runs[0])
            }
        }
        let replay = try Replay(path: whole)
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test(
        "So are sizes and counts of images",
        arguments: [
            ("train.side", "70368744177664"), ("train.side", "0"), ("train.side", "-12"), ("testCount", "-1"),
            ("skippedCount", "-9223372036854775808"), ("train.labels", "\"0*268435456\""),
        ])
    func images(name: String, value: String) throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training.mode=none"])
        _ = try RunTable.change(
            path,
            """
            UPDATE input SET facts = json_set(facts, '$.\(name)', json('\(value)')) \
            WHERE json_extract(facts, '$.testCount') IS NOT NULL
            """)
        #expect(throws: FederationError.unreadableRecord(what: "the facts of the input 'images'")) {
            let replay = try Replay(path: path)
            _ = try replay.verify(replay.runs[0])
        }
    }
}
