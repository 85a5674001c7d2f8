import Foundation
import Results
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// `evaluation.clients`: the final model on each client's own distribution.
@Suite("Accuracies of clients", .serialized)
struct ClientAccuracyTests {
    private static let overrides = [
        "model.kind=tiny", "evaluation.clients=true", "clients=4", "data.train-per-class=12",
        "data.test-per-class=5", "data.partition={ kind: pathological, classes: 4 }",
    ]

    private func run(_ overrides: [String] = []) throws -> String {
        try ExperimentTests.run(ExperimentTests.resNet, overrides: Self.overrides + overrides)
    }

    /// The parts of the test set by class and domain: images and those that are classified as labelled.
    private func parts(_ path: String) throws -> [Int: (images: Int, correct: Int)] {
        let rows = try RunTable.query(
            path,
            "SELECT json_extract(metrics, '$.labels'), json_extract(metrics, '$.images'), "
                + "json_extract(metrics, '$.correct') FROM work WHERE kind = 'evaluate-parts'")
        let lists = try rows[0].map { try JSONDecoder().decode([Int].self, from: Data($0.utf8)) }
        return Dictionary(
            uniqueKeysWithValues: zip(lists[0], zip(lists[1], lists[2])).map { ($0, ($1.0, $1.1)) })
    }

    private func metric(_ path: String, _ name: String, client: Int? = nil) throws -> Double {
        let rows = try RunTable.query(
            path,
            "SELECT value FROM metric WHERE split = 'own' AND name = '\(name)' AND client_id IS "
                + (client.map(String.init) ?? "NULL"))
        return try #require(Double(rows[0][0]))
    }

    @Test(
        "A client's accuracy is that of the classes in its shares; mean, worst tenth, variance, Gini follow")
    func closedForm() throws {
        let path = try run(), parts = try parts(path)
        #expect(parts.values.allSatisfy { $0.images == 5 })
        var expected: [Double] = []
        for client in 0..<4 {
            let counts = try RunTable.query(
                path, "SELECT label, samples FROM label_count WHERE client_id = \(client)"
            ).map { (Int($0[0])!, Double($0[1])!) }
            let total = counts.reduce(0) { $0 + $1.1 }
            let accuracy = try counts.reduce(0) { sum, row in
                let part = try #require(parts[row.0])
                return sum + row.1 / total * Double(part.correct) / Double(part.images)
            }
            #expect(abs(try metric(path, "accuracy", client: client) - accuracy) < 1e-12)
            expected.append(accuracy)
        }
        let mean = expected.reduce(0, +) / 4
        #expect(abs(try metric(path, "mean_accuracy") - mean) < 1e-12)
        #expect(abs(try metric(path, "worst_tenth_accuracy") - expected.min()!) < 1e-12)
        let variance = expected.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4
        #expect(abs(try metric(path, "accuracy_variance") - variance) < 1e-12)
        let distances = expected.flatMap { left in expected.map { abs(left - $0) } }.reduce(0, +)
        let gini = mean > 0 ? distances / (2 * 16 * mean) : 0
        #expect(abs(try metric(path, "accuracy_gini") - gini) < 1e-12)
    }

    @Test("A replay needs no images; compare has the columns; without the key there is nothing of it")
    func columns() throws {
        let path = try run(["methods=[fedavg, fedbn]"])
        for run in try RunLogReader(path: path).runs() {
            let replay = try Replay(path: path, run: run.runID)
            #expect(try replay.verify(replay.runs[0]).isWhole)
        }
        // FedBN's clients have models of their own: one evaluation for each.
        let works = try RunTable.query(
            path,
            "SELECT run_id, count(*) FROM work WHERE kind = 'evaluate-parts' GROUP BY run_id ORDER BY run_id")
        #expect(works == [["1", "1"], ["2", "4"]])
        let comparison = try Comparison(path: path)
        #expect(comparison.entries.allSatisfy { $0.fairness != nil })
        #expect(comparison.csv().contains(",client_accuracy_worst_tenth,"))
        #expect(comparison.table().contains("worst 10 %"))
        let plain = try run(["evaluation.clients="])
        #expect(try RunTable.query(plain, "SELECT count(*) FROM metric WHERE split = 'own'") == [["0"]])
        #expect(!(try Comparison(path: plain).csv().contains("client_accuracy")))
        #expect(try RunTable.query(plain, "SELECT scenario LIKE '%clients: true%' FROM run") == [["0"]])
    }
}
