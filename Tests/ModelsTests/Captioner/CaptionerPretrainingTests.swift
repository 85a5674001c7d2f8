import Foundation
import Models
import Testing

@Suite("Pretraining of the captioner", .serialized)
struct CaptionerPretrainingTests {
    /// The smallest run: six steps.
    static var plan: CaptionerPlan {
        var plan = CaptionerPlan()
        plan.samples = 48
        plan.batch = 8
        plan.checkpointSamples = 16
        return plan
    }

    private func contents(of folder: URL) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            files[name] = try Data(contentsOf: folder.appending(path: name))
        }
        return files
    }

    @Test("equal plans give equal bytes, also when the run was interrupted and taken up again")
    func resuming() throws {
        try withTemporaryFolder { path in
            let (straight, broken) = (URL(filePath: "\(path)/a"), URL(filePath: "\(path)/b"))
            var last: PretrainingProgress?
            try CaptionerPretraining.run(Self.plan, in: straight) { last = $0 }
            #expect(last?.stage == .captioner && last?.samples == 48 && last?.agreement != nil)
            var steps = 0
            #expect(throws: CancellationError.self) {
                // Stops before the fourth step, one step after a checkpoint.
                try CaptionerPretraining.run(
                    Self.plan, in: broken,
                    isCancelled: {
                        steps += 1; return steps > 3
                    }
                ) { _ in }
            }
            try CaptionerPretraining.run(Self.plan, in: broken) { _ in }
            let expected = try contents(of: straight.appending(path: "captioner"))
            #expect(expected.keys.contains("model.safetensors") && expected.keys.contains("vocab.json"))
            #expect(try contents(of: broken.appending(path: "captioner")) == expected)
        }
    }

    @Test("the loss falls from where a captioner that knows nothing stands")
    func loss() throws {
        try withTemporaryFolder { path in
            var plan = Self.plan
            plan.samples = 64 * 12
            plan.batch = 64
            plan.checkpointSamples = plan.samples
            var last: PretrainingProgress?
            try CaptionerPretraining.run(plan, in: URL(filePath: path)) { last = $0 }
            // 4 · log(words) + 3 · log 2 + log 10 + log 10 + log 6 at the start; the mean of twelve steps is
            // below.
            let start = 4 * log(500.0) + 3 * log(2.0) + 2 * log(10.0) + log(6.0)
            let loss = try #require(last?.loss)
            #expect(loss > 0 && loss < start)
        }
    }

    @Test("a checkpoint of another plan is refused")
    func foreignCheckpoint() throws {
        try withTemporaryFolder { path in
            let folder = URL(filePath: path)
            var plan = Self.plan
            plan.samples = 16
            try CaptionerPretraining.run(plan, in: folder) { _ in }
            plan.seed = 2
            let error = #expect(throws: FoundationModelError.self) {
                try CaptionerPretraining.run(plan, in: folder) { _ in }
            }
            #expect(error?.description.hasSuffix("its plan differs") == true)
        }
    }

    @Test(
        "the captioner that ships names class and colour of unseen private photos",
        arguments: [101, 102] as [UInt64])
    func builtin(seed: UInt64) throws {
        // 300 photos: at 97 % the standard error is one point.
        try computing {
            let photos = ImageWorld.privateSet(perClass: 30, seed: seed, stream: .privateTest)
            let captions = try CaptionPipeline(folder: CaptionerModel.builtin).caption(photos)
            let agreement = CaptionAgreement(captions, of: photos)
            #expect(agreement.classes >= 0.95, "\(agreement)")
            #expect(agreement.colours >= 0.8, "\(agreement)")
        }
    }

    @Test("the captioner that ships takes at most 6 MB, and speaks the world's words as one token each")
    func size() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: CaptionerModel.builtin.path)
        let sizes = try names.map { name in
            try Data(contentsOf: CaptionerModel.builtin.appending(path: name)).count
        }
        #expect(sizes.reduce(0, +) <= 6_000_000 && names.contains("preprocessor_config.json"))
        let tokenizer = try ByteLevelTokenizer(folder: CaptionerModel.builtin)
        let caption = WorldCaption(object: "arrow", style: .real, colour: .orange, background: .cluttered)
            .text(.full)
        #expect(try tokenizer.encode(caption).count == caption.split(separator: " ").count)
        #expect(tokenizer.decode(try tokenizer.encode(caption)) == caption)
    }

    @Test("agreement counts captions that name the truth and nothing else of its kind")
    func agreement() {
        let captions = [
            "A photo of a red star on a striped background", "A photo of a blue ring on a plain background",
            "A sketch of a mug on a plain background",
        ]
        let set = ImageSet(
            side: 8, pixels: Array(repeating: 0, count: 3 * 192), labels: [0, 1, 2],
            classNames: ["star", "ring", "mug"], captions: captions)
        let said = [
            "A photo of a red star on a plain background",
            "A photo of a blue ring or mug on a plain background",
            "A sketch of a red mug on a plain background",
        ]
        let found = CaptionAgreement(said, of: set)
        #expect(found.classes == 2.0 / 3)
        // The sketch's description names no colour, so what its caption says of it does not count.
        #expect(found.colours == 1)
        #expect(found.backgrounds == 2.0 / 3)
        #expect(CaptionAgreement(captions, of: set).classes == 1)
    }
}
