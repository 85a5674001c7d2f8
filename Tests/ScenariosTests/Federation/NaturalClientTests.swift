import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// Clients that are owners of images: `data.partition.kind: natural`.
@Suite("Natural clients", .serialized)
struct NaturalClientTests {
    private static let train = OwnedImages([("w1", 6), ("w2", 3), ("w3", 9), ("w4", 4)])
    private static let test = OwnedImages([("w1", 2), ("w2", 3), ("w3", 4)], firstGray: 100)

    private static func text(_ data: String) -> String {
        """
        name: natural
        seed: 3
        clients: 4
        methods: [fedavg]
        data: { \(data), side: 8, augmentation: none, partition: { kind: natural } }
        model: { kind: tiny }
        training: { rounds: 2, local-epochs: 1, batch: 4, learning-rate: 0.05 }
        centralized: { epochs: 1, batch: 4 }
        evaluation: { clients: true }

        """
    }

    /// The images as LEAF has them.
    private static func leaf() throws -> (folder: String, text: String) {
        let folder = TestFiles.path("leaf")
        try OwnedImages.write(
            [
                "train/0.json": train.json(["w3", "w1"]), "train/1.json": train.json(["w2", "w4"]),
                "test/0.json": test.json(),
            ], to: folder)
        return (folder, text("set: leaf, path: \(folder)"))
    }

    /// The same images as class folders, with a CSV file of their owners.
    private static func classFolders() throws -> String {
        let folder = TestFiles.path("photos")
        var rows = ["user_id,label,image"]
        for (split, set) in [("train", train), ("test", test)] {
            for (index, image) in set.images.enumerated() {
                let name = "\(split)/\(image.label)/\(image.owner)-\(index).png"
                let gray = image.bytes(side: 8)
                let png = try ImageCodec.encodePNG(RGBImage(width: 8, height: 8, planar: gray + gray + gray))
                try OwnedImages.write([name: ""], to: folder)
                try Data(png).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
                rows.append("\(image.owner),\(image.label),\(name)")
            }
        }
        try OwnedImages.write(["owners.csv": rows.joined(separator: "\n")], to: folder)
        return text(
            "set: image-folder, path: \(folder), owners: { file: \(folder)/owners.csv, path-column: image, "
                + "client-column: user_id, label-column: label }")
    }

    private static let owners =
        "SELECT client_id, json_extract(detail, '$.owner') FROM event WHERE kind = 'client-owner' "
        + "ORDER BY client_id"

    @Test("Each client holds its owner's images; replay, what-if and resume give the same result")
    func clients() throws {
        let (folder, text) = try Self.leaf()
        let path = try ExperimentTests.run(text)
        #expect(
            try RunTable.query(path, "SELECT client_id, samples FROM client ORDER BY 1")
                == [["0", "6"], ["1", "3"], ["2", "9"], ["3", "4"]])
        #expect(
            try RunTable.query(path, Self.owners) == [["0", "w1"], ["1", "w2"], ["2", "w3"], ["3", "w4"]])
        #expect(
            try RunTable.query(path, "SELECT label, samples FROM label_count WHERE client_id = 2 ORDER BY 1")
                == [["0", "5"], ["1", "4"]])
        let run = try RunLogReader(path: path).run(1)
        let again = try RunLogReader(path: ExperimentTests.run(text, jobs: 1)).run(1)
        #expect(again.logSHA256 == run.logSHA256 && again.modelSHA256 == run.modelSHA256)
        try ResumeTests.expectSameEnd(text, [])
        let timing = try ExperimentTests.run(text, overrides: ["training.mode=none"])
        #expect(try TimingOnlyTests.lines(timing) == TimingOnlyTests.lines(path))
        try FileManager.default.removeItem(atPath: folder)
        let replay = try Replay(path: path)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let slow = try replay.whatIf(
            replay.runs[0], overrides: ["network.client.uplink=1Mbps"], pool: pool, build: "test")
        #expect(slow.isNew)
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'client-owner'") == [["8"]])
    }

    @Test("Owners by a CSV file are those of LEAF: the same clients, messages and times")
    func sameByEitherSource() throws {
        let paths = try [Self.leaf().text, Self.classFolders()].map {
            try ExperimentTests.run($0, overrides: ["training.mode=none"])
        }
        for sql in [
            Self.owners, "SELECT client_id, samples FROM client",
            "SELECT client_id, label, samples FROM label_count",
            "SELECT client_id, direction, bytes, t_start, t_end FROM transfer",
        ] {
            let rows = try RunTable.query(paths[0], sql)
            #expect(try rows == RunTable.query(paths[1], sql) && !rows.isEmpty, "\(sql)")
        }
        // Choices are of owners, so they are equal, too.
        for overrides in [
            ["clients=2"], ["clients=2", "seed=5"], ["clients=2", "data.partition.owners=largest"],
        ] {
            let chosen = try [Self.leaf().text, Self.classFolders()].map {
                try RunTable.query(
                    ExperimentTests.run($0, overrides: ["training.mode=none"] + overrides), Self.owners)
            }
            #expect(chosen[0] == chosen[1] && chosen[0].count == 2)
        }
    }

    @Test("A client's accuracy is that of its owner's test images, for one model and for models of their own")
    func ownTestImages() throws {
        let (_, text) = try Self.leaf()
        let scenario = try Scenario.parse(
            text, file: "test.yaml", overrides: ["methods=[fedavg, fedbn]"],
            knownMethods: FederatedMethods.names)
        let path = TestFiles.path("own.sqlite")
        var notices: [String] = []
        try Experiment(scenario, output: path, jobs: 2, build: "test").run(
            notice: { notices.append("\($0)") }, progress: { _, _ in SilentProgress() })
        #expect(
            notices.contains(
                "1 of 4 clients ('w4') have no test images of their own, so no accuracy of "
                    + "evaluation.clients"))
        for (run, works) in [(1, 1), (2, 4)] {
            let rows = try RunTable.query(
                path,
                "SELECT json_extract(metrics, '$.owners'), json_extract(metrics, '$.images'), "
                    + "json_extract(metrics, '$.correct') FROM work WHERE kind = 'evaluate-owners' "
                    + "AND run_id = \(run) ORDER BY work_id")
            #expect(rows.count == works)
            let accuracies = try RunTable.query(
                path,
                "SELECT client_id, value FROM metric WHERE split = 'own' AND name = 'accuracy' AND run_id = "
                    + "\(run) ORDER BY client_id")
            #expect(accuracies.map { $0[0] } == ["0", "1", "2"])
            for (client, row) in accuracies.enumerated() {
                let own = works == 1 ? rows[0] : rows[client]
                func list<Value: Decodable>(_ text: String) throws -> [Value] {
                    try JSONDecoder().decode([Value].self, from: Data(text.utf8))
                }
                #expect(try list(own[0]) == ["w1", "w2", "w3"] && list(own[1]) == [2, 3, 4])
                let correct: [Int] = try list(own[2])
                #expect(abs(Double(row[1])! - Double(correct[client]) / [2.0, 3, 4][client]) < 1e-12)
            }
        }
        // Clients that are no owners, and those of test images without owners, are tried as ever.
        let byUsers = try Self.splitByUsers()
        for overrides in [["data.partition.kind=iid"], ["data.path=\(byUsers)", "clients=2"]] {
            let other = try ExperimentTests.run(text, overrides: overrides)
            #expect(
                try RunTable.query(other, "SELECT kind FROM work WHERE kind LIKE 'evaluate-%'")
                    == [["evaluate-parts"]])
        }
    }

    /// A set of which some owners are for training and others for tests, as LEAF splits by users.
    private static func splitByUsers() throws -> String {
        let folder = TestFiles.path("by-users")
        try OwnedImages.write(
            ["train/0.json": train.json(["w1", "w2"]), "test/0.json": train.json(["w3", "w4"])], to: folder)
        return folder
    }

    @Test("Of more owners than clients some are chosen; the others are counted, and no client trains on them")
    func moreOwners() throws {
        let (_, text) = try Self.leaf()
        func owners(_ overrides: [String]) throws -> (path: String, names: [String]) {
            let path = try ExperimentTests.run(text, overrides: overrides)
            return (path, try RunTable.query(path, Self.owners).map { $0[1] })
        }
        let timing = "training.mode=none"
        #expect(
            try owners([timing, "clients=3", "data.partition.owners=largest"]).names == ["w3", "w1", "w4"])
        let many = try owners([timing, "clients=2", "data.partition.min-images=6"])
        #expect(many.names == ["w1", "w3"])
        #expect(
            try RunTable.query(many.path, "SELECT t, detail FROM event WHERE kind = 'owners-left-out'")
                == [["0.0", "{\"few\":2,\"images\":7,\"not_chosen\":0}"]])
        let seeds = try (1...8).map { try owners([timing, "clients=2", "seed=\($0)"]).names }
        #expect(Set(seeds).count > 1)
        // The centralized baseline sees what the clients hold.
        let central = try owners([
            "methods=[centralized]", "clients=2", "data.partition.owners=largest", "evaluation.clients=",
        ])
        #expect(
            try RunTable.query(
                central.path, "SELECT json_extract(metrics, '$.samples') FROM work WHERE kind = 'train'")
                == [["15"]])
    }

    @Test("Too few owners, and images without owners, are refused before a run begins")
    func refused() throws {
        let (_, text) = try Self.leaf()
        #expect(throws: DataError.tooFewOwners(clients: 5, owners: 4, all: 4, minimum: 1)) {
            try ExperimentTests.run(text, overrides: ["clients=5"])
        }
        #expect(throws: DataError.tooFewOwners(clients: 4, owners: 2, all: 4, minimum: 5)) {
            try ExperimentTests.run(text, overrides: ["data.partition.min-images=5"])
        }
    }

    @Test("In a sweep over partitions the images are read once")
    func sweep() throws {
        let (_, text) = try Self.leaf()
        let path = try ExperimentTests.run(
            text + "sweep: { data.partition: [{ kind: natural }, { kind: iid }] }\n",
            overrides: ["training.mode=none"])
        #expect(try RunTable.query(path, "SELECT count(*) FROM input WHERE kind = 'images'") == [["1"]])
        #expect(
            try RunTable.query(path, "SELECT run_id, samples FROM client WHERE client_id < 2 ORDER BY 1, 2")
                == [["1", "3"], ["1", "6"], ["2", "6"], ["2", "6"]])
    }
}
