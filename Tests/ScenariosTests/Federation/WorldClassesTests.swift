import Foundation
import Models
import Scenarios
import Simulator
import TestSupport
import Testing

/// Federations on other classes than the basic ten.
@Suite("Classes of a federation", .serialized)
struct WorldClassesTests {
    private static let text = """
        name: classes
        clients: 2
        methods: [fgl-one-shot]
        data: { set: shapes, side: 8, classes: [owl, fir tree, mug], train-per-class: 8, test-per-class: 4,
                partition: { kind: iid } }
        synthesis: { per-class: 4, steps: 1, epochs: 1, batch: 4 }
        """

    @Test("are those of prompts, labels and class counts, in the order of the list")
    func names() throws {
        let path = try ExperimentTests.run(Self.text, overrides: ["training=none"])
        let labels = try RunTable.query(path, "SELECT DISTINCT label, class FROM label_count ORDER BY label")
        #expect(labels == [["0", "owl"], ["1", "fir tree"], ["2", "mug"]])
        let prompts = try RunTable.query(path, "SELECT DISTINCT label, text FROM prompt ORDER BY label")
        #expect(
            prompts == [
                ["0", "A photo of a owl"], ["1", "A photo of a fir tree"], ["2", "A photo of a mug"],
            ])
    }

    @Test("are learned: the federation really trains and tests on them, and a replay comes to the same rows")
    func training() throws {
        let path = try ExperimentTests.run(Self.text, overrides: ["methods=[fedavg]", "training.rounds=1"])
        #expect(try RunTable.query(path, "SELECT count(*) FROM accuracy") == [["1"]])
        let inputs = try RunTable.query(path, "SELECT facts FROM input WHERE kind = 'images'")
        #expect(inputs.first?.first?.contains("[\"owl\",\"fir tree\",\"mug\"]") == true, "\(inputs)")
    }

    @Test("are in the log's canonical text of the images, where a scenario names some")
    func inputSettings() throws {
        for (classes, text) in [("", ""), ("[mug, star]", "\"classes\":[\"mug\",\"star\"],")] {
            let path = try ExperimentTests.run(
                Self.text, overrides: ["training=none", "data.classes=\(classes)"])
            let settings = try RunTable.query(path, "SELECT settings FROM input WHERE kind = 'images'")
            #expect(
                settings.first?.first
                    == "{\(text)\"labels-only\":true,\"set\":\"shapes\",\"side\":8,\"test-per-class\":4,"
                    + "\"train-per-class\":8}")
        }
    }

    @Test("of an image folder are those that the scenario names")
    func folder() throws {
        let folder = TestFiles.path("photos")
        let set = ImageWorld.privateSet(perClass: 4, seed: 1, side: 8)
        for index in 0..<set.count {
            let name = set.classNames[Int(set.labels[index])]
            let split = "\(folder)/\(index < 20 ? "train" : "test")/\(name)"
            try FileManager.default.createDirectory(atPath: split, withIntermediateDirectories: true)
            try ImageCodec.writePNG(
                RGBImage(width: 8, height: 8, planar: set.image(at: index)), to: "\(split)/\(index).png")
        }
        let overrides = [
            "data.set=image-folder", "data.path=\(folder)", "data.classes=[mug, star]",
            "data.train-per-class=",
            "data.test-per-class=", "methods=[centralized]", "centralized.epochs=1", "centralized.batch=2",
        ]
        let path = try ExperimentTests.run(Self.text, overrides: overrides)
        let labels = try RunTable.query(
            path, "SELECT DISTINCT label, class FROM label_count ORDER BY label")
        #expect(labels.isEmpty || labels == [["0", "mug"], ["1", "star"]])
        let inputs = try RunTable.query(path, "SELECT facts FROM input WHERE kind = 'images'")
        #expect(inputs.first?.first?.contains("[\"mug\",\"star\"]") == true, "\(inputs)")
        #expect(throws: DataError.self) {
            _ = try ExperimentTests.run(Self.text, overrides: overrides + ["data.classes=[mug, owl]"])
        }
    }
}
