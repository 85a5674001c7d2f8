import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// What a run is asked at its end: membership inference and retrieval.
@Suite("Measurements at the end", .serialized)
struct FinalMeasurementTests {
    private static let asked = "evaluation={ membership: true, retrieval: true, near-copy: 0.9 }"

    private func metrics(_ path: String, run: Int, split: String) throws -> [String: Double] {
        let rows = try RunTable.query(
            path,
            "SELECT name, value FROM metric WHERE run_id = \(run) AND split = '\(split)' AND client_id IS "
                + "NULL"
        )
        return Dictionary(rows.map { ($0[0], Double($0[1])!) }) { _, last in last }
    }

    @Test(
        "Rows for each metric; the non-members' loss is the test loss; only what synthesizes is looked through"
    )
    func rows() throws {
        let path = try ExperimentTests.run(
            GenerativeTests.tiny,
            overrides: [
                "methods=[fgl-one-shot, fedavg, fedbn]", Self.asked, "training.learning-rate=0.001",
                "synthesis.learning-rate=0.001",
            ])
        for run in 1...2 {
            let found = try metrics(path, run: run, split: "membership")
            #expect(found.count == 2 + 5 * MembershipMetric.allCases.count)
            #expect(found["members"] == 60 && found["non_members"] == 40)
            let loss = try metrics(path, run: run, split: "test")["loss"] ?? 0
            #expect(abs(found["loss_non_members"]! - loss) < 1e-3 * max(1, loss))
            for metric in ["entropy", "loss", "confidence", "modified_entropy"] {
                let gap = found["\(metric)_members"]! - found["\(metric)_non_members"]!
                #expect(abs(abs(gap) - abs(found["\(metric)_gap"]!)) < 1e-9 * max(1, abs(gap)))
                #expect(
                    (0...1).contains(found["\(metric)_auc"]!) && (0...1).contains(found["\(metric)_tpr"]!))
            }
        }
        let near = try metrics(path, run: 1, split: "retrieval")
        #expect(near["images"] == 40 && near["control_images"] == 40 && near["threshold"] == 0.9)
        #expect(near["near_copies"]! <= 40 && (0...1).contains(near["similarity_largest"]!))
        #expect(try metrics(path, run: 2, split: "retrieval").isEmpty)
        // A method without a global model is attacked in no place.
        #expect(try metrics(path, run: 3, split: "membership").isEmpty)
        let reader = try RunLogReader(path: path)
        for run in try reader.runs() { #expect(try Replay(path: path).verify(run).isWhole) }
        #expect(try reader.recomputedHash(run: 1) == reader.run(1).logSHA256)
        // The view of accuracies and rounds is as it was.
        #expect(try reader.comparison().map(\.rounds) == [1, 2, 2])
    }

    @Test("What no model of a run can be asked is said in a line")
    func leftOut() throws {
        let asked = [
            "methods=[local]", "evaluation={ membership: true, clients: true }",
            "training.learning-rate=0.001",
        ]
        let (_, warnings) = try NotANumberTests.run(asked, text: ExperimentTests.tiny)
        #expect(
            warnings.filter { $0.contains("left out") } == [
                "evaluation.membership left out: it ends without a global model of all weights"
            ])
        let timing = ["methods=[fedavg]", "evaluation={ membership: true }", "training.mode=none"]
        #expect(try NotANumberTests.run(timing, text: ExperimentTests.tiny).warnings.isEmpty)
    }

    @Test("Unasked, and where nothing is trained, there is nothing of it")
    func absent() throws {
        let sql = "SELECT count(*) FROM metric WHERE split IN ('membership', 'retrieval')"
        let timing = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[fgl-one-shot]", Self.asked, "training.mode=none"])
        #expect(try RunTable.query(timing, sql) == [["0"]])
        #expect(try RunTable.query(timing, "SELECT count(*) FROM work WHERE kind = 'membership'") == [["0"]])
        let plain = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training.rounds=1"])
        #expect(try RunTable.query(plain, sql) == [["0"]])
        #expect(throws: FederationError.nothingRetrieved(path: plain, runID: nil)) {
            try RetrievalSheet(path: plain)
        }
        #expect(throws: FederationError.nothingRetrieved(path: plain, runID: 1)) {
            try RetrievalSheet(path: plain, runID: 1)
        }
        #expect(
            "\(FederationError.nothingRetrieved(path: "a.sqlite", runID: 2))"
                == "a.sqlite: run 2 holds no retrieved images; a run keeps them that synthesizes and has "
                + "evaluation.retrieval: true")
    }

    @Test("One worker and two give the same; so does a run that was interrupted")
    func determinism() throws {
        let overrides = ["methods=[fgl-one-shot]", Self.asked]
        let whole = try [1, 2].map {
            try RunLogReader(path: ExperimentTests.run(GenerativeTests.tiny, overrides: overrides, jobs: $0))
                .run(1)
        }
        #expect(whole[0].logSHA256 == whole[1].logSHA256)
        // Three descriptions, ten parts of the set, an initial model: the last of these, and the training.
        for work in [13, 14] {
            let path = try ResumeTests.interrupted(GenerativeTests.tiny, overrides, after: work)
            try Experiment(resuming: path, jobs: 2, build: "test").run { _, _ in SilentProgress() }
            #expect(try RunLogReader(path: path).run(1).logSHA256 == whole[0].logSHA256)
            #expect(try RetrievalSheet(path: path).text.contains("star"))
        }
    }

    @Test("Private images passed off as synthetic ones are all found, and the sheet shows each beside itself")
    func copies() throws {
        // The private images of the scenario: the world's first of each class.
        let images = ImageWorld.privateSet(perClass: 6, seed: 1)
        let folder = TestFiles.path("copies")
        try SyntheticSetFolder.write(images, seeds: (0..<60).map { $0 }, to: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try ExperimentTests.run(
            GenerativeTests.tiny,
            overrides: [
                "methods=[fgl-one-shot]", "evaluation={ retrieval: true, near-copy: 0.99999 }",
                "synthesis.set=\(folder)", "synthesis.epochs=1",
            ])
        let found = try metrics(path, run: 1, split: "retrieval")
        #expect(found["images"] == 60 && found["near_copies"] == 60)
        #expect(found["control_near_copies"]! < 40)
        let sheet = try RetrievalSheet(path: path)
        #expect(sheet.run.runID == 1)
        #expect(
            sheet.text.contains(
                "near copies, cosine similarity of at least 0.99999: 60 of 60 synthetic images"))
        // Three columns of 32 pixels, doubled, with margins; ten classes.
        let picture = try sheet.picture()
        #expect(picture.width == 3 * 66 + 2 && picture.height == 10 * 66 + 2)
        for row in 0..<10 {
            func tile(_ column: Int) -> [UInt8] {
                (0..<64).flatMap { y -> ArraySlice<UInt8> in
                    let start = 3 * ((2 + row * 66 + y) * picture.width + 2 + column * 66)
                    return picture.pixels[start..<start + 192]
                }
            }
            #expect(tile(0) == tile(1) && tile(0) != tile(2), "\(row)")
        }
    }
}
