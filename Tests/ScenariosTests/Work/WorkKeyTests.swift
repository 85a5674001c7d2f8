import Foundation
import Models
import Scenarios
import Testing

/// The texts and keys of work as they stand in users' files. A failing test means that every recorded result
/// of the kind would be done anew: raise the kind's version if that is meant.
@Suite("Keys of work")
struct WorkKeyTests {
    static let model = ClassifierReference(ResNetArchitecture(depth: .eighteen, classes: 10))
    private static let hash = String(repeating: "ab", count: 32)

    private static func bytes(_ digit: String, _ count: Int = 8) throws -> StoredBytes {
        let text = #"{"bytes":\#(count),"sha256":"\#(String(repeating: digit, count: 64))"}"#
        return try CanonicalText.decode(StoredBytes.self, from: text)
    }

    private static let options = TrainingOptions(
        epochs: 5, batch: 32, learningRate: 0.01, schedule: .cosine, augmentation: .none, precision: .bfloat16
    )

    @Test("A training names model, start, images, settings and seed; what is not used is left out")
    func training() throws {
        let work = Training(
            Self.model, from: .initial(seed: 18_446_744_073_709_551_615),
            on: TrainingImages(ImageSelection(IndexList([0, 1, 2, 5]), of: Self.hash, side: 32)),
            settings: TrainingSettings(Self.options), seed: 7)
        #expect(
            WorkMessage(work).text
                == #"{"content":{"images":{"real":{"count":4,"indices":"0-2,5","set":"\#(Self.hash)","#
                + #""side":32}},"#
                + #""model":"resnet/1 depth=18 classes=10 norm=batch","seed":7,"#
                + #""settings":{"augmentation":"none","batch":32,"#
                + #""epochs":5,"learning_rate":1e-2,"momentum":9e-1,"precision":"bf16","schedule":"cosine","#
                + #""weight_decay":1e-4},"start":{"seed":18446744073709551615}},"kind":"train","version":1}"#)
        #expect(WorkKey(work).sha256 == "e86e120b4f06713f05bf38b473d0adc8e97616147b8c03edb446bfe07b832c4f")
    }

    @Test(
        "A training of a method names its correction, its synthetic images with their labels, and its evaluation"
    )
    func methodTraining() throws {
        let images = SyntheticImages(
            parts: [try Self.bytes("1"), try Self.bytes("2")], side: 8, labels: [0, 0, 1],
            classNames: ["cat", "dog, red"])
        let work = Training(
            Self.model, from: .merged(shared: try Self.bytes("3"), own: nil), on: TrainingImages(images),
            settings: TrainingSettings(TrainingOptions(epochs: 1, batch: 2, learningRate: 1)), seed: 1,
            evaluation: Self.hash, correction: .control(server: nil, own: try Self.bytes("4")),
            notesSteps: true)
        func named(_ digit: String) -> String {
            #"{"bytes":8,"sha256":"\#(String(repeating: digit, count: 64))"}"#
        }
        #expect(
            WorkMessage(work).text
                == #"{"content":{"correction":{"control":{"own":\#(named("4"))}},"#
                + #""evaluation":"\#(Self.hash)","#
                + #""images":{"synthetic":{"classes":["cat","dog, red"],"labels":"0*2 1","#
                + #""parts":[\#(named("1")),\#(named("2"))],"side":8}},"#
                + #""model":"resnet/1 depth=18 classes=10 norm=batch","#
                + #""notes_steps":true,"seed":1,"settings":{"augmentation":"crop-flip","batch":2,"epochs":1,"#
                + #""learning_rate":1e0,"momentum":9e-1,"precision":"fp32","schedule":"constant","#
                + #""weight_decay":1e-4},"#
                + #""start":{"shared":\#(named("3"))}},"kind":"train","version":1}"#)
    }

    @Test("An average names its states in their order, and how they count")
    func average() throws {
        let work = Averaging(
            Self.model, of: [try Self.bytes("1"), try Self.bytes("2")], bySamples: true, scope: .shared)
        #expect(WorkKey(work).sha256 == "6bec8181dc8dd66d5657fc8dc0ba8452501e7b4e3beddcfd3511f9208e8a963c")
        let other = Averaging(
            Self.model, of: [try Self.bytes("2"), try Self.bytes("1")], bySamples: true, scope: .shared)
        #expect(WorkKey(other) != WorkKey(work))
    }

    @Test("Images are named by their conditions and numbers, and by how they are drawn")
    func synthesis() throws {
        let scenario = try Scenario.parse(
            "name: x\nmethods: [fedavg]\nsynthesis: { steps: 10, guidance: 2.5, scheduler: ddim, "
                + "negative-prompt: a blur }",
            file: "x",
            knownMethods: FederatedMethods.names)
        let runs = [
            Synthesis.Run(SynthesisCondition(.text("A photo of a star")), first: 0, count: 60),
            Synthesis.Run(
                SynthesisCondition(.states(TextStates(tokens: 1, width: 2, values: [1, -2]))), first: 0,
                count: 1),
        ]
        let work = Synthesis(
            by: Self.hash, of: runs, sampling: SamplingSettings(scenario.synthesis), side: 32, seed: 3)
        #expect(
            WorkMessage(work).text
                == #"{"content":{"foundation":"\#(Self.hash)","#
                + #""images":[{"condition":{"text":"A photo of a star"},"#
                + #""count":60,"first":0},{"condition":{"states":{"tokens":1,"values":"AACAPwAAAMA=","#
                + #""width":2}},"#
                + #""count":1,"first":0}],"sampling":{"guidance":25e-1,"negative_prompt":"a blur","#
                + #""sampler":"ddim","#
                + #""steps":10},"seed":3,"side":32},"kind":"synthesize","version":1}"#)
        #expect(WorkKey(work).sha256 == "c8639510be48cbbcda16e7d7fb590a57f7d01c859a30849e2872b1ea25b11889")
    }

    @Test("The vector of a text that some models take is part of the condition, and travels")
    func pooled() throws {
        let states = TextStates(tokens: 1, width: 2, values: [1, -2], pooled: [0.5, 3, -0.25])
        let condition = SynthesisCondition(.states(states))
        let text = try JSONEncoder().encode(condition)
        let read = try JSONDecoder().decode(SynthesisCondition.self, from: text)
        #expect(read == condition)
        guard case .states(let found) = read.condition else {
            Issue.record("\(read) are no states")
            return
        }
        #expect(found.pooled == states.pooled && found.values == states.values)
        let other = SynthesisCondition(
            .states(TextStates(tokens: 1, width: 2, values: [1, -2], pooled: [0.5, 3, 0.25])))
        #expect(other != condition)
    }

    @Test("No two kinds have one name; every kind has a version")
    func kinds() {
        let kinds = WorkKinds.all.map { $0.kind }
        #expect(Set(kinds).count == kinds.count && kinds.count > 20)
        #expect(WorkKinds.all.allSatisfy { $0.version >= 1 })
    }

    @Test(
        "A message that is none, of an unknown kind, of a later version or with other content is refused in a sentence",
        arguments: [
            ("", "it is no message of work"), ("{\"kind\":3}", "it is no message of work"),
            (#"{"content":{},"kind":"dream","version":1}"#, "no kind of work is called 'dream'"),
            (
                #"{"content":{},"kind":"train","version":9}"#,
                "'train' is of version 9, this program has version 1"
            ),
            (
                #"{"content":{"seed":-1},"kind":"initialize","version":1}"#,
                "the content of 'initialize' is not as it should be"
            ),
            (
                #"{"content":{"model":"resnet/9 depth=18","seed":1},"kind":"initialize","version":1}"#,
                "the content of 'initialize' is not as it should be"
            ),
        ])
    func foreign(text: String, reason: String) {
        let error = #expect(throws: FederationError.self) { try WorkMessage(text: text).work() }
        #expect(error == .foreignWork(reason: reason))
        #expect(
            error?.exitCode == 65
                && "\(error!)".hasPrefix("a message of work cannot be taken: \(reason); allowed"))
    }
}
