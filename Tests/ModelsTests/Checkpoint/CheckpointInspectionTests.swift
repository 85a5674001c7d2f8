import Foundation
import Models
import Testing

@Suite("What a model on disk is")
struct CheckpointInspectionTests {
    @Test("parts, weights and identity of a folder that loads", arguments: ["sdxl", "bk-sdm-small", "lcm"])
    func loads(name: String) throws {
        let folder = PipelineReferenceTests.folder(name)
        let found = try CheckpointInspection(folder: folder)
        #expect(found.problems.isEmpty && found.kind == .textToImage && found.imageSide == 16)
        let networks = found.parts.filter { $0.parameters != nil }
        #expect(networks.count == (name == "sdxl" ? 4 : 3))
        for part in networks {
            let stem = part.name.hasPrefix("text") ? "model" : "diffusion_pytorch_model"
            let file = try SafetensorsFile(path: "\(folder.path)/\(part.name)/\(stem).safetensors")
            let stored = file.declarations.reduce(0) { $0 + $1.shape.reduce(1, *) }
            #expect(part.parameters == Double(stored), "\(part.name)")
        }
        #expect(try found.sha256 == TextToImageModels.open(folder).loadedFiles.sha256())
        #expect(found.weightBytes(bits: 16) * 2 == found.weightBytes(bits: 32))
        #expect(try found.measuredImage(steps: 1).seconds > 0)
    }

    @Test("all that is wrong with a folder is told at once")
    func problems() throws {
        try withTemporaryFolder { path in
            let folder = try PipelineReferenceTests.copy("sd-turbo", to: path)
            let manager = FileManager.default
            func url(_ name: String) -> URL { folder.appendingPathComponent(name) }
            try manager.moveItem(
                at: url("vae/diffusion_pytorch_model.safetensors"), to: url("vae/diffusion_pytorch_model.bin")
            )
            try Data(#"{"_class_name": "FlowMatchEulerDiscreteScheduler"}"#.utf8)
                .write(to: url("scheduler/scheduler_config.json"))
            try manager.removeItem(at: url("tokenizer/vocab.json"))
            let found = try CheckpointInspection(folder: folder)
            #expect(found.sha256 == nil)
            let words = [
                "convert them with from_pretrained(…).save_pretrained(…, safe_serialization=True)",
                "'_class_name' is \"FlowMatchEulerDiscreteScheduler\"", "tokenizer/vocab.json",
            ]
            for words in words {
                #expect(found.problems.contains { $0.contains(words) }, "\(words): \(found.problems)")
            }
            #expect(Set(found.problems).count == found.problems.count)
            #expect(found.parts.contains { $0.name == "unet" })
        }
    }

    @Test("a folder without a model, and one with single files, is one sentence")
    func noModel() throws {
        try withTemporaryFolder { path in
            let empty = #expect(throws: FoundationModelError.self) {
                try CheckpointInspection(folder: URL(fileURLWithPath: path))
            }
            #expect(empty?.description.contains("no model in diffusers' or transformers' layout") == true)
            try Data([1]).write(to: URL(fileURLWithPath: path + "/v1-5-pruned.safetensors"))
            let single = #expect(throws: FoundationModelError.self) {
                try CheckpointInspection(folder: URL(fileURLWithPath: path))
            }
            #expect(single?.description.contains("v1-5-pruned.safetensors may be whole models") == true)
        }
        #expect(throws: FoundationModelError.noFolder(path: "/no/such")) {
            try CheckpointInspection(folder: URL(fileURLWithPath: "/no/such"))
        }
    }

    @Test(
        "captioners are known by their class",
        arguments: [
            ("blip-tiny", "BlipForConditionalGeneration"), ("blip-t5-tiny", "Blip2ForConditionalGeneration"),
            ("blip2-variant", "Blip2ForConditionalGeneration"),
        ])
    func captioners(name: String, className: String) throws {
        let folder = URL(fileURLWithPath: "\(CaptionerFixtures.own)/\(name)")
        let found = try CheckpointInspection(folder: folder)
        #expect(found.kind == .captioner && found.className == className && found.problems.isEmpty)
        #expect(try found.sha256 == Captioners.open(folder).loadedFiles.sha256())
        let file = try SafetensorsFile(path: folder.path + "/model.safetensors")
        let stored = file.declarations.reduce(0) { $0 + $1.shape.reduce(1, *) }
        #expect(found.parameters == Double(stored), "\(found.parts)")
    }
}
