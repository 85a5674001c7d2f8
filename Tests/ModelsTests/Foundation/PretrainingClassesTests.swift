import Foundation
import Models
import Testing

/// Foundation models of other classes than the basic ten.
@Suite("Pretraining on class sets", .serialized)
struct PretrainingClassesTests {
    @Test("knows its classes' words as whole tokens, draws, and says in its folder what it has seen")
    func birds() throws {
        try withTemporaryFolder { path in
            var plan = PretrainingTests.plan
            plan.classes = ["birds", "fir tree"]
            plan.emphasis = ["fir tree"]
            try Pretraining.run(plan, in: URL(filePath: path)) { _ in }
            let model = URL(filePath: "\(path)/model")
            let tokenizer = try Tokenizer(folder: model.appending(path: "tokenizer"))
            for object in plan.objects {
                let caption = WorldCaption(
                    object: object.name, style: .real, colour: .orange, background: .checkered)
                let text = caption.text(.full)
                #expect(tokenizer.tokensOfText(text).count == text.split(separator: " ").count, "\(text)")
            }
            // A word that it has not seen is spelled in pieces.
            #expect(tokenizer.tokensOfText("A photo of a mug").count > 5)
            let recorded = try JSONDecoder().decode(
                PretrainingPlan.self, from: Data(contentsOf: model.appending(path: "pretraining.json")))
            #expect(recorded == plan)
            let card = try String(contentsOf: model.appending(path: "README.md"), encoding: .utf8)
            #expect(card.contains("Classes (birds, fir tree), 11: duck, swan, rooster, owl,"))
            #expect(card.contains("Each mention here adds as many images again: fir tree."))
            #expect(card.contains("seed 1, 48 of 48 samples"))
            try computing {
                let pixels = try TextToImagePipeline(folder: model).images(
                    prompts: ["A photo of a owl"], seeds: [1], options: SamplingOptions(steps: 2))
                #expect(pixels.count == 3 * 32 * 32)
            }
        }
    }

    @Test("shows what has emphasis more often, as one and the same class")
    func emphasis() {
        #expect(PretrainingPlan().drawnObjects.map(\.name) == WorldClassSet.basics.names)
        var plan = PretrainingTests.plan
        plan.classes = ["hundred"]
        plan.emphasis = ["basics", "basics", "birds"]
        #expect(plan.objects.map(\.name) == WorldClassSet.hundred.names)
        let times = Dictionary(grouping: plan.drawnObjects.map(\.name)) { $0 }.mapValues(\.count)
        #expect(times.count == 100 && plan.drawnObjects.count == 130)
        #expect(WorldClassSet.basics.names.allSatisfy { times[$0] == 3 })
        #expect(WorldClassSet.birds.names.allSatisfy { times[$0] == 2 })
        #expect(times["cactus"] == 1)
        plan.classes = ["star", "mug"]
        plan.emphasis = ["mug", "mug"]
        #expect(plan.drawnObjects.map(\.name) == ["star", "mug", "mug", "mug"])
        let images = ImageWorld.render(
            count: 400, seed: 1, distribution: .foundation(photoShare: 0.6), side: 8,
            classes: plan.drawnObjects,
            labels: .drawn)
        let mugs = images.captions.count { $0.contains("mug") }
        // Binomial, 400 draws of probability 3/4: a standard deviation of 8.7.
        #expect((260...340).contains(mugs))
    }

    @Test("of more classes has more words and nothing else, and refuses a checkpoint of other classes")
    func plans() throws {
        var wide = PretrainingPlan()
        wide.classes = ["hundred"]
        // Ninety more objects are some eighty words more of 128 numbers each, and nothing else.
        let more = wide.parameterCount - PretrainingPlan().parameterCount
        #expect(more > 90 * 128 && more % 128 == 0)
        let folder = try PretrainingTests.trained.get().folder
        var other = PretrainingTests.plan
        other.classes = ["birds"]
        #expect(throws: FoundationModelError.self) { try Pretraining.run(other, in: folder) { _ in } }
    }

    @Test(
        "begins with a model that knows fewer words: all of its weights, and random vectors for what is new")
    func start() throws {
        try withTemporaryFolder { path in
            let first = try PretrainingTests.trained.get().folder, second = URL(filePath: "\(path)/second")
            var plan = PretrainingTests.plan
            plan.classes = ["basics", "birds"]
            // No step changes a weight, so that what is exported is what it began with.
            plan.learningRate = 0
            var stages: [PretrainingProgress.Stage] = []
            let start = first.appending(path: "model")
            try Pretraining.run(plan, in: second, startingWith: start) { stages.append($0.stage) }
            #expect(!stages.contains(.autoencoder) && stages.contains(.denoiser))

            let (known, found) = (start.path, second.appending(path: "model").path)
            let networks = try [known, found].map { try FoundationFolder(path: $0) }
            let unets = try networks.map { try $0.unet().parameters.entries }
            let autoencoders = try networks.map { try $0.autoencoder().parameters.entries }
            for (before, after) in [(unets[0], unets[1]), (autoencoders[0], autoencoders[1])] {
                #expect(before.count == after.count)
                for (old, new) in zip(before, after) where old.tensor.floats != new.tensor.floats {
                    Issue.record("\(old.name)")
                }
            }
            let rows = try [known, found].map { folder in
                let tokenizer = try Tokenizer(folder: URL(filePath: "\(folder)/tokenizer"))
                let table = try #require(
                    try FoundationFolder(path: folder).textEncoder()
                        .parameters["embeddings.token_embedding.weight"])
                return ["star", "owl"].map { word -> [Float]? in
                    let tokens = tokenizer.tokensOfText(word)
                    return tokens.count == 1
                        ? table.narrow(0, from: Int(tokens[0]), count: 1).to(.float32).floats : nil
                }
            }
            #expect(rows[0][0] != nil && rows[0][0] == rows[1][0])
            #expect(rows[0][1] == nil && rows[1][1]?.contains { $0 != 0 } == true)

            // Another start is another plan, and a start of other shapes is none.
            #expect(throws: FoundationModelError.self) { try Pretraining.run(plan, in: second) { _ in } }
            plan.channels = [32, 64, 64]
            let error = #expect(throws: FoundationModelError.self) {
                try Pretraining.run(
                    plan, in: URL(filePath: "\(path)/third"), startingWith: start
                ) { _ in }
            }
            #expect(
                error?.description
                    == "\(start.path): training cannot begin with a model of other shapes; allowed is one of "
                        + "the same "
                    + "quality, which fgl-sim pretrain has made")
        }
    }

    @Test("has room for every caption of every object")
    func captionLength() throws {
        try withTemporaryFolder { path in
            var plan = PretrainingTests.plan
            plan.classes = ["hundred", "unseen"]
            let folder = URL(filePath: path)
            try plan.tokenizerFiles.write(to: folder)
            let tokenizer = try Tokenizer(folder: folder)
            for object in WorldObject.all {
                for style in WorldStyle.allCases {
                    let caption = WorldCaption(
                        object: object.name, style: style, colour: .orange, background: .checkered)
                    // Start, the words, end; the rest is padding.
                    let words = tokenizer.tokensOfText(caption.text(.full)).count
                    #expect(words == caption.text(.full).split(separator: " ").count && words <= 14)
                }
            }
        }
    }

    @Test("of the captioner names objects of two words, and takes none for a part of another")
    func captioner() throws {
        var plan = CaptionerPlan()
        plan.classes = ["hundred"]
        #expect(plan.objects.count == 100)
        let captions = [
            "A photo of a red double ring on a plain background",
            "A photo of a red ring on a plain background",
            "A photo of a blue heart on a plain background",
        ]
        let set = ImageSet(
            side: 8, pixels: Array(repeating: 0, count: 3 * 192), labels: [0, 1, 2],
            classNames: ["double ring", "ring", "heart"], captions: captions)
        #expect(CaptionAgreement(captions, of: set).classes == 1)
        let said = [
            "A photo of a red ring on a plain background", "A photo of a red ring on a plain background",
            "A photo of a blue hollow heart on a plain background",
        ]
        // The hollow heart is no class of this set, so its heart counts.
        #expect(CaptionAgreement(said, of: set).classes == 2.0 / 3)
    }
}
