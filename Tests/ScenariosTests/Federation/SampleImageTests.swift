import Core
import Foundation
import Models
import Results
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// What a report shows of real runs: images of both kinds, accuracy by domain, staleness.
@Suite("What reports show of real runs", .serialized)
struct SampleImageTests {
    private static let synthesis =
        "synthesis={ per-class: 6, steps: 2, epochs: 1, batch: 20, learning-rate: 0.01, fine-tune-epochs: 1 }"

    @Test("One-shot and five-round runs keep four images of each class, once for both; hashes stay the same")
    func samples() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: ["methods=[fgl-one-shot, fgl-5-round, fedavg]", Self.synthesis, "synthesis.rounds=1"])
        let reader = try RunLogReader(path: path)
        let sets = try (1...3).map { try reader.imageSets(run: Int64($0)) }
        #expect(sets[0].count == 2 && sets[0] == sets[1] && sets[2].isEmpty)
        for source in ImageSource.allCases {
            let images = try reader.samples(ofSet: sets[0][source]!)
            #expect(images.count == 40 && Set(images.map(\.label)).count == 10)
            #expect(images.allSatisfy { $0.jpeg.starts(with: [0xFF, 0xD8]) && $0.jpeg.count < 4000 })
            #expect(images.allSatisfy { $0.caption?.contains($0.className) == true }, "\(source)")
        }
        #expect(try reader.recomputedHash(run: 1) == reader.run(1).logSHA256)
        let html = try Report(path: path).html()
        #expect(html.components(separatedBy: "src=\"data:image/jpeg").count == 81)
        // A replay, which has no pixels, keeps what is there; a what-if is shown with the same images.
        #expect(try Replay(path: path, run: 1).verify(reader.run(1)).isWhole)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let other = try Replay(path: path).whatIf(
            reader.run(1), overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test"
        ).runID
        #expect(try RunLogReader(path: path).imageSets(run: other) == sets[0])
    }

    @Test("Accuracy on each domain of the test images is logged, adds up to the whole, and is shown")
    func domains() throws {
        let folder = try DomainImages.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try ExperimentTests.run(
            ExperimentTests.tiny,
            overrides: [
                "methods=[fedavg, centralized]", "clients=2",
                "data={ set: domains, path: \(folder), side: 32, partition: { kind: domains } }",
            ])
        for run in 1...2 {
            let rows = try RunTable.query(
                path,
                """
                SELECT round, sum(value) FILTER (WHERE split = 'test'), avg(value) FILTER (WHERE split <> \
                'test'),
                    count(*) FROM metric
                WHERE run_id = \(run) AND name = 'accuracy' AND client_id IS NULL AND split LIKE 'test%'
                GROUP BY round
                """)
            #expect(rows.count >= 2)
            for row in rows {
                // As many test images in each domain: the mean is the whole.
                #expect(row[3] == "3" && abs(Double(row[1])! - Double(row[2])!) < 1e-12, "\(row)")
            }
        }
        #expect(try Report(path: path).html().contains("data-chart=\"splits\""))
        let reader = try RunLogReader(path: path)
        for run in try reader.runs() { #expect(try Replay(path: path).verify(run).isWhole) }
    }

    @Test("Staleness of a real asynchronous run is shown")
    func staleness() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.tiny, overrides: ["methods=[fedasync]", "training.rounds=3"])
        #expect(try Report(path: path).html().contains("data-chart=\"staleness\""))
    }
}

/// Two domains of two classes, six training and four test images each: noise of different brightness.
private enum DomainImages {
    static func folder() throws -> String {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "domains-\(UUID().uuidString)")
        var generator = RandomStream(seed: 5)
        for (domain, base) in [("real", UInt8(40)), ("sketch", 140)] {
            for (split, count) in [("train", 6), ("test", 4)] {
                for name in ["axe", "bird"] {
                    let place = root.appendingPathComponent("\(domain)/\(split)/\(name)")
                    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                    for number in 0..<count {
                        let pixels = (0..<3 * 32 * 32).map { _ in
                            base + UInt8.random(in: 0...(name == "axe" ? 20 : 90), using: &generator)
                        }
                        let image = RGBImage(width: 32, height: 32, pixels: pixels)
                        try ImageCodec.writePNG(image, to: place.appendingPathComponent("\(number).png").path)
                    }
                }
            }
        }
        return root.path
    }
}
