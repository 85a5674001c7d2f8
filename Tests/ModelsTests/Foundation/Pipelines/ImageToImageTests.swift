import Foundation
import Models
import Testing

/// Images that are changed by prompts, against diffusers' pipeline (`Fixtures/image_to_image.py`).
@Suite("Image to image")
struct ImageToImageTests {
    private struct Run: Decodable {
        let scheduler: String
        let steps: Int
        let strength: Double
        let guidance: Double
    }

    private static let folder = PipelineReferenceTests.folder("bk-sdm-small")

    @Test("Latents by every sampler are those of diffusers' StableDiffusionImg2ImgPipeline to 1e-4")
    func diffusers() throws {
        let file = Self.folder.deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("image_to_image.safetensors")
        let expected = try SafetensorsFile(path: file.path)
        func decoded<Value: Decodable>(_ key: String, as type: Value.Type) throws -> Value {
            try JSONDecoder().decode(type, from: Data(try #require(expected.metadata[key]).utf8))
        }
        let prompts = try decoded("prompts", as: [String].self), runs = try decoded("runs", as: [Run].self)
        #expect(Set(runs.map(\.scheduler)) == Set(Samplers.names))
        try computing {
            let pipeline = try TextToImagePipeline(folder: Self.folder)
            let noise = try expected.tensor(named: "noise")
            let start = pipeline.encode(
                try expected.tensor(named: "images"), noise: try expected.tensor(named: "encoding"))
            for (place, run) in runs.enumerated() {
                var draws = 0
                let latents = try pipeline.latents(
                    changing: start, with: noise, prompts: prompts, strength: run.strength,
                    options: SamplingOptions(
                        steps: run.steps, guidance: run.guidance, sampler: run.scheduler)
                ) {
                    draws += 1
                    let drawn = try! expected.tensor(named: "drawn_\(place)")
                    return drawn.narrow(0, from: draws - 1, count: 1).reshape([2, 4, 8, 8])
                }
                let reference = try expected.tensor(named: "latents_\(place)")
                let scale = max(1, reference.abs().max().item)
                let difference = FoundationFixtures.difference(latents, reference) / scale
                #expect(difference < 1e-4, "\(run) differs by \(difference)")
            }
        }
    }

    @Test("An image depends on its own original and seed alone; less strength stays nearer to the original")
    func images() throws {
        try computing {
            let pipeline = try TextToImagePipeline(folder: Self.folder)
            let size = 3 * pipeline.imageSide * pipeline.imageSide
            let pixels = (0..<2 * size).map { UInt8(truncatingIfNeeded: $0 * 7 % 251) }
            func changed(_ pixels: [UInt8], _ seeds: [UInt64], _ strength: Double) throws -> [UInt8] {
                try pipeline.images(
                    of: seeds.map { _ in .text("a star") }, seeds: seeds,
                    options: SamplingOptions(steps: 10, guidance: 2),
                    changing: OriginalImages(pixels: pixels, strength: strength), isCancelled: { false })
            }
            let both = try changed(pixels, [3, 4], 0.5)
            let second = try changed(Array(pixels[size...]), [4], 0.5)
            #expect(zip(both[size...], second).allSatisfy { abs(Int($0) - Int($1)) <= 1 })
            #expect(try changed(Array(pixels[size...]), [5], 0.5) != second)
            func distance(_ strength: Double) throws -> Int {
                zip(try changed(pixels, [3, 4], strength), try changed(pixels, [3, 4], 0.05))
                    .reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            }
            #expect(try distance(0.1) <= distance(0.5))
        }
    }
}
