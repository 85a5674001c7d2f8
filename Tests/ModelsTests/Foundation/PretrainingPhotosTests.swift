import Foundation
import Models
import TestSupport
import Testing

/// Foundation models of photos in a folder.
@Suite("Pretraining on photos", .serialized)
struct PretrainingPhotosTests {
    /// Photos of two classes, 30 each, of one gray level each, with a white left edge.
    private func photos(_ classes: [String] = ["fire truck", "t-shirt"]) throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        for (start, split) in [(0, "train"), (50, "test")] {
            for (label, name) in classes.enumerated() {
                for index in 0..<30 {
                    let gray = UInt8(start + 100 * label + index)
                    let pixels = (0..<3 * 32 * 32).map { $0 % 96 < 3 ? 255 : gray }
                    try folder.write(
                        ImageCodec.encodePNG(RGBImage(width: 32, height: 32, pixels: pixels)),
                        to: "\(split)/\(name)/\(100 + index).png")
                }
            }
        }
        return folder
    }

    @Test("shows every photo once, under the prompt of its class; mirrored ones beside them where asked for")
    func views() throws {
        let folder = try photos()
        let plain = try PhotoCorpus(folder: folder.path)
        let mirrored = try PhotoCorpus(folder: folder.path, isMirrored: true)
        #expect(plain.facts.classes == ["fire truck", "t-shirt"] && plain.facts.count == 60)
        #expect(plain.viewCount == 60 && mirrored.viewCount == 120)
        #expect(plain.facts.sha256 == mirrored.facts.sha256 && plain.facts != mirrored.facts)
        #expect(
            plain.notices == [
                "\(folder.path): 60 photos of 2 classes to train on, and 60 to measure the autoencoder with"
            ])
        let straight = plain.views(0..<60), both = mirrored.views(0..<120)
        #expect(straight.captions == both.captions.enumerated().filter { $0.offset % 2 == 0 }.map(\.element))
        #expect(straight.captions[0] == "A photo of a fire truck")
        #expect(straight.captions[59] == "A photo of a t-shirt")
        for index in 0..<60 {
            let image = Array(straight.image(at: index))
            #expect(Array(both.image(at: 2 * index)) == image)
            // Rows of 32, of three channels; the white pixel goes from the left edge to the right.
            let turned = Array(both.image(at: 2 * index + 1))
            for row in 0..<96 {
                #expect(turned[32 * row + 31] == 255 && turned[32 * row] == image[32 * row + 31])
            }
        }
        // The test set's gray levels are 50 higher.
        #expect(straight.image(at: 0).last == 0 && straight.image(at: 29).last == 29)
    }

    @Test("without a split, keeps a fiftieth of each class out of the training")
    func heldOut() throws {
        let folder = try TemporaryDataFolder()
        for name in ["a", "b"] {
            for index in 0..<100 { try folder.writeImage("\(name)/\(index).png", gray: UInt8(index)) }
        }
        let corpus = try PhotoCorpus(folder: folder.path)
        #expect(corpus.facts.count == 196)
        #expect(
            corpus.notices == [
                "\(folder.path): 196 photos of 2 classes to train on, and 4 to measure the autoencoder with"
            ])
        try folder.writeImage("a/0.png", gray: 200)
        let other = try PhotoCorpus(folder: folder.path)
        try folder.write("no image", to: "b/7.png")
        let damaged = try PhotoCorpus(folder: folder.path)
        #expect(Set([corpus, other, damaged].map(\.facts.sha256)).count == 3)
        #expect(damaged.notices.last?.contains("1 unreadable image skipped") == true, "\(damaged.notices)")
    }

    @Test("a model of photos has a token for each word of its classes, draws, and says what it has seen")
    func model() throws {
        let folder = try photos()
        let corpus = try PhotoCorpus(folder: folder.path, isMirrored: true)
        try withTemporaryFolder { path in
            var plan = PretrainingTests.plan
            plan.corpusImages = 7
            var last: [PretrainingProgress.Stage: PretrainingProgress] = [:]
            try Pretraining.run(plan, in: URL(filePath: path), on: corpus) { last[$0.stage] = $0 }
            #expect(last[.corpus]?.samples == 120 && last[.denoiser]?.samples == 48)
            let model = URL(filePath: "\(path)/model")
            let tokenizer = try Tokenizer(folder: model.appending(path: "tokenizer"))
            #expect(tokenizer.tokensOfText("A photo of a fire truck").count == 6)
            // The hyphen is a piece of its own.
            #expect(tokenizer.tokensOfText("A photo of a t-shirt").count == 7)
            #expect(tokenizer.tokensOfText("mug").count > 1)
            let recorded = try JSONDecoder().decode(
                PretrainingPlan.self, from: Data(contentsOf: model.appending(path: "pretraining.json")))
            #expect(recorded.photos == corpus.facts && recorded.corpusImages == 120)
            #expect(recorded.classes.isEmpty && recorded.parameterCount > 1_000_000)
            let card = try String(contentsOf: model.appending(path: "README.md"), encoding: .utf8)
            #expect(card.contains("48 of 48 samples of 60 photos, each also mirrored. SHA-256"))
            #expect(card.contains("Classes, 2: fire truck, t-shirt."))
            try computing {
                let pixels = try TextToImagePipeline(folder: model).images(
                    prompts: ["A photo of a t-shirt"], seeds: [1], options: SamplingOptions(steps: 2))
                #expect(pixels.count == 3 * 32 * 32)
            }
            // The same photos go on, others do not.
            try Pretraining.run(plan, in: URL(filePath: path), on: corpus) { _ in }
            let second = try photos(["fire truck", "dress"])
            let others = try PhotoCorpus(folder: second.path, isMirrored: true)
            for wrong in [others, nil] {
                #expect(throws: FoundationModelError.self) {
                    try Pretraining.run(plan, in: URL(filePath: path), on: wrong) { _ in }
                }
            }
        }
    }

    @Test("equal photos and plans give equal bytes, also when the run was interrupted")
    func resuming() throws {
        let folder = try photos(), plan = PretrainingTests.plan
        let weights = try [3, Int.max].map { limit in
            try withTemporaryFolder { path in
                var steps = 0
                let corpus = try PhotoCorpus(folder: folder.path, workers: 2)
                do {
                    try Pretraining.run(
                        plan, in: URL(filePath: path), on: corpus,
                        isCancelled: {
                            steps += 1
                            return steps > limit
                        }
                    ) { _ in }
                } catch is CancellationError {
                    try Pretraining.run(plan, in: URL(filePath: path), on: corpus) { _ in }
                }
                return try ["unet", "vae", "text_encoder"].map { part in
                    let folder = URL(filePath: "\(path)/model/\(part)")
                    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
                    let name = try #require(files.first { $0.hasSuffix(".safetensors") })
                    return try Data(contentsOf: folder.appending(path: name))
                }
            }
        }
        #expect(weights[0] == weights[1])
    }

    @Test("a class whose caption the model cannot read to its end is refused, and nothing is written")
    func longCaption() throws {
        let name = "one two three four five six seven eight nine ten eleven"
        let folder = try photos(["short", name])
        let corpus = try PhotoCorpus(folder: folder.path)
        try withTemporaryFolder { path in
            let error = #expect(throws: FoundationModelError.self) {
                try Pretraining.run(PretrainingTests.plan, in: URL(filePath: path), on: corpus) { _ in }
            }
            #expect(
                error?.description
                    == "\"A photo of a \(name)\" has 15 words and signs, and the model reads at most 14: "
                    + "give the class's folder a shorter name")
            let files = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(files.isEmpty)
        }
    }

    @Test("a corpus of the world need not be whole thousands")
    func uneven() throws {
        try withTemporaryFolder { path in
            var plan = PretrainingTests.plan
            plan.corpusImages = 1030
            var last: [PretrainingProgress.Stage: PretrainingProgress] = [:]
            try Pretraining.run(plan, in: URL(filePath: path)) { last[$0.stage] = $0 }
            #expect(last[.corpus]?.samples == 1030 && last[.denoiser]?.samples == 48)
        }
    }
}
