import Foundation
import Models
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// What clients upload instead of images, played in small federations with the shipped models.
@Suite("Uploads", .serialized)
struct UploadTests {
    private static func run(_ overrides: String...) throws -> String {
        try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["methods=[fgl-one-shot]"] + overrides)
    }

    private static func upBytes(_ path: String, _ client: Int) throws -> Int {
        let rows = try RunTable.query(
            path, "SELECT bytes FROM transfer WHERE direction = 'up' AND client_id = \(client)")
        return Int(rows[0][0])!
    }

    @Test(
        "Instance prompts are captions under the true label, one for each image, and as many bytes as the message"
    )
    func instancePrompts() throws {
        let path = try Self.run("synthesis.prompts=instance")
        let names = ImageWorld.classNames
        for client in 0..<3 {
            let rows = try RunTable.query(
                path, "SELECT label, text, bytes FROM prompt WHERE client_id = \(client)")
            let held = try RunTable.query(
                path, "SELECT label, samples FROM label_count WHERE client_id = \(client) ORDER BY label")
            #expect(Set(rows.map { $0[0] }) == Set(held.map { $0[0] }))
            for row in rows {
                // Whatever the captioner says, the generator hears of the class.
                #expect(row[1].contains(names[Int(row[0])!]), "\(row)")
                #expect(Int(row[2])! == row[1].utf8.count)
            }
            #expect(Set(rows.map { "\($0[0]) \($0[1])" }).count == rows.count)
            // label, tab, text, line break; prompts of several images have their number too.
            let least = rows.reduce(0) { $0 + $1[0].utf8.count + $1[1].utf8.count + 2 }
            let samples = held.reduce(0) { $0 + Int($1[1])! }
            let bytes = try Self.upBytes(path, client)
            #expect(bytes >= least && bytes <= least + 3 * (samples - rows.count))
        }
        let images = try RunTable.query(path, "SELECT sum(samples) FROM label_count")[0][0]
        #expect(images == "60")
    }

    @Test("Captioning takes a client the virtual time of its network's operations")
    func captioningTime() throws {
        let path = try Self.run("synthesis.prompts=instance", "devices.stragglers.fraction=0")
        let configuration = try CaptionerFolder(path: CaptionerModel.builtin.path).configuration()
        let perImage = CaptionOperations(configuration)
            .caption(newTokens: configuration.generation.options.maximumNewTokens)
        let events = try RunLogReader(path: path).events(run: 1, limit: 1000)
        for client in try RunTable.clients(path) {
            let own = events.filter { $0.client == client.id && $0.kind.hasPrefix("caption-") }
            #expect(own.map(\.kind) == ["caption-start", "caption-end"])
            let span = (own[1].instant - own[0].instant).seconds
            // FLOPs over 0.5 TFLOPS.
            #expect(abs(span - Double(client.samples) * perImage / 0.5e12) < 2e-9)
        }
    }

    @Test("The volume of a class is the same for every kind of description")
    func volume() throws {
        for prompts in ["class", "instance", "embeddings"] {
            let path = try Self.run("synthesis.prompts=\(prompts)")
            let drawn = try RunTable.query(
                path, "SELECT count(*), sum(flops) FROM work WHERE kind = 'synthesize'")
            #expect(drawn[0][0] == "10")
            let flops = try TextToImagePipeline(folder: FoundationModel.builtin).operations.image(steps: 2)
            #expect(abs(Double(drawn[0][1])! / (40 * flops) - 1) < 1e-9)
        }
    }

    @Test(
        "Embeddings travel as their elements, in the precision of the scenario",
        arguments: [("float16", 2), ("float32", 4)])
    func embeddings(precision: String, size: Int) throws {
        let path = try Self.run("synthesis.prompts=embeddings", "synthesis.embedding-precision=\(precision)")
        #expect(
            try RunTable.query(path, "SELECT DISTINCT payload FROM transfer WHERE direction = 'up'") == [
                ["embeddings"]
            ])
        for client in 0..<3 {
            let rows = try RunTable.query(
                path, "SELECT bytes, text FROM prompt WHERE client_id = \(client)")
            // 16 tokens of width 128.
            #expect(rows.allSatisfy { Int($0[0])! == 16 * 128 * size && $0[1].hasPrefix("A photo of a ") })
            let bytes = try Self.upBytes(path, client)
            let elements = rows.count * (16 * 128 * size + 4)
            #expect(bytes > elements && bytes < elements + 256)
        }
        // Clients of the same class send the same embedding, which is drawn once.
        #expect(try RunTable.query(path, "SELECT count(*) FROM work WHERE kind = 'synthesize'") == [["10"]])
    }

    @Test("A scenario that starts from the synthetic set of another comes to the same model")
    func storedSet() throws {
        let folder = TestFiles.path("set")
        let scenario = try Scenario.parse(
            GenerativeTests.tiny, file: "test.yaml", overrides: ["methods=[fgl-one-shot]"],
            knownMethods: FederatedMethods.names)
        let set = try SynthesisRun.images(of: scenario, jobs: 2, progress: SilentProgress())
        #expect(set.images.count == 40 && set.seeds.count == 40)
        #expect(Set(set.images.captions).count == 10)
        // They are drawn also of a scenario whose runs are timing only.
        var timingOnly = scenario
        timingOnly.training.mode = .none
        let drawn = try SynthesisRun.images(of: timingOnly, jobs: 2, progress: SilentProgress())
        #expect(drawn.images.pixels == set.images.pixels)
        try SyntheticSetFolder.write(set.images, seeds: set.seeds, to: folder)
        let paths = try [[], ["synthesis.set=\(folder)"]].map { overrides in
            try ExperimentTests.run(GenerativeTests.tiny, overrides: ["methods=[fgl-one-shot]"] + overrides)
        }
        let models = try paths.map { try RunLogReader(path: $0).run(1).modelSHA256 }
        #expect(models[0] == models[1] && models[0] != nil)

        // Every image can be drawn again from its manifest alone.
        let entry = try SyntheticSetFolder(path: folder).entries[5]
        let pipeline = try TextToImagePipeline(folder: FoundationModel.builtin)
        let again = try pipeline.images(
            prompts: [entry.prompt], seeds: [try #require(UInt64(entry.seed))],
            options: SamplingOptions(steps: 2, guidance: 2))
        let stored = Array(set.images.image(at: 5))
        #expect(zip(again, stored).allSatisfy { abs(Int($0) - Int($1)) <= 2 })

        // A replay does not need the folder.
        try FileManager.default.removeItem(atPath: folder)
        let replay = try Replay(path: paths[1])
        #expect(try replay.verify(replay.runs[0]).isWhole)
    }

    @Test("A set of other classes, a missing one and a missing captioner are told before a run is begun")
    func badModels() throws {
        let folder = TestFiles.path("set")
        let pixels = [UInt8](repeating: 7, count: 2 * 3 * 64)
        let set = ImageSet(
            side: 8, pixels: pixels, labels: [0, 1], classNames: ["cat", "dog"], captions: ["a", "b"])
        try SyntheticSetFolder.write(set, seeds: [1, 2], to: folder)
        #expect(throws: FederationError.self) { try Self.run("synthesis.set=\(folder)") }
        #expect(throws: DataError.missingFolder(path: "/no/such")) { try Self.run("synthesis.set=/no/such") }
        #expect(throws: CaptionerError.noFolder(path: "/no/such")) {
            try Self.run("synthesis.prompts=instance", "synthesis.captioner=/no/such")
        }
        #expect(throws: FoundationModelError.noFolder(path: "/no/such")) {
            try Self.run("synthesis.foundation=/no/such")
        }
    }

    @Test("The same log for one worker and for two", arguments: ["instance", "embeddings"])
    func determinism(prompts: String) throws {
        let hashes = try [1, 2].map { jobs in
            try RunLogReader(
                path: ExperimentTests.run(
                    GenerativeTests.tiny,
                    overrides: ["methods=[fgl-one-shot]", "synthesis.prompts=\(prompts)"], jobs: jobs)
            ).runs()[0].logSHA256
        }
        #expect(hashes[0] == hashes[1])
    }

    @Test("Models of several qualities or folders in one sweep are each their own")
    func sweptFoundations() throws {
        let copy = URL(fileURLWithPath: TestFiles.path("model"))
        try FileManager.default.copyItem(at: FoundationModel.builtin, to: copy)
        // Another order of the channels of the image: another model.
        let path = copy.appendingPathComponent("scheduler/scheduler_config.json")
        let text = try String(contentsOf: path, encoding: .utf8)
        try text.replacing("\"sigma_max\" : 60", with: "\"sigma_max\" : 20").write(
            to: path, atomically: true, encoding: .utf8)
        let runs = try RunLogReader(
            path: Self.run("sweep={synthesis.foundation: [builtin, \(copy.path)]}")
        ).runs()
        #expect(runs.count == 2 && runs[0].modelSHA256 != runs[1].modelSHA256)
    }
}

@Suite("Instance prompts")
struct InstancePromptTests {
    private func text(_ caption: String, _ name: String) -> String {
        InstancePrompt(caption: caption, label: 0, className: name, template: "A photo of a {class}").text
    }

    @Test("A caption that names the class stands alone, whatever the case; others follow the class prompt")
    func texts() {
        #expect(
            text("A photo of a red star on a striped background", "star")
                == "A photo of a red star on a striped background")
        #expect(text("two Golf Balls and a golf ball", "golf ball") == "two Golf Balls and a golf ball")
        #expect(text("a man holding a fish", "tench") == "A photo of a tench, a man holding a fish")
        // Words, not parts of words.
        #expect(text("a starfish", "star") == "A photo of a star, a starfish")
        #expect(text("a ball of golf", "golf ball") == "A photo of a golf ball, a ball of golf")
    }

    @Test("White space and line breaks become single spaces; an empty caption leaves the class prompt")
    func whiteSpace() {
        #expect(text(" a\tred \n\n star ", "star") == "a red star")
        #expect(text("", "star") == "A photo of a star")
        #expect(text(" \n ", "star") == "A photo of a star")
    }
}
