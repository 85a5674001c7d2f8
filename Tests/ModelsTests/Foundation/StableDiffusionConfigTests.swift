import Foundation
import Models
import Testing

/// The configuration files of the published checkpoints, as they lie beside the weights.
@Suite("Stable Diffusion's own configurations")
struct StableDiffusionConfigTests {
    struct Checkpoint: CustomTestStringConvertible {
        let name: String
        let weights: (text: Int, unet: Int, autoencoder: Int)
        let testDescription: String

        init(_ name: String, text: Int, unet: Int, autoencoder: Int) {
            self.name = name
            weights = (text, unet, autoencoder)
            testDescription = name
        }

        var path: String {
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/configurations/\(name)").path
        }
    }

    /// With the numbers of weights that diffusers and transformers count.
    static let checkpoints = [
        Checkpoint("stable-diffusion-1.5", text: 123_060_480, unet: 859_520_964, autoencoder: 83_653_863),
        Checkpoint(
            "stable-diffusion-2.1-base", text: 340_387_840, unet: 865_910_724, autoencoder: 83_653_863),
        Checkpoint("stable-diffusion-2.1", text: 340_387_840, unet: 865_910_724, autoencoder: 83_653_863),
    ]

    @Test(
        "every key is honoured, and the networks have as many weights as the checkpoint",
        arguments: checkpoints)
    func sizes(checkpoint: Checkpoint) throws {
        let shapes = try FoundationFolder(path: checkpoint.path).configurations()
        // Weights that are to be loaded cost no memory, so full-size networks are made in a moment.
        #expect(CLIPTextModel(shapes.textEncoder).parameters.parameterCount == checkpoint.weights.text)
        #expect(UNet2DConditionModel(shapes.unet).parameters.parameterCount == checkpoint.weights.unet)
        #expect(AutoencoderKL(shapes.autoencoder).parameters.parameterCount == checkpoint.weights.autoencoder)
    }

    @Test("what tells the three apart is read")
    func differences() throws {
        let shapes = try Self.checkpoints.map { try FoundationFolder(path: $0.path).configurations() }
        #expect(shapes.map(\.unet.sampleSize) == [64, 64, 96])
        #expect(shapes.map(\.unet.heads) == [[8, 8, 8, 8], [5, 10, 20, 20], [5, 10, 20, 20]])
        #expect(shapes.map(\.unet.usesLinearProjection) == [false, true, true])
        #expect(shapes.map(\.unet.upcastsAttention) == [false, false, true])
        #expect(shapes.map(\.textEncoder.activation) == [.quickGelu, .gelu, .gelu])
        #expect(shapes.map(\.textEncoder.layers) == [12, 23, 23])
        #expect(shapes.map(\.unet.contextWidth) == [768, 1024, 1024])
        let schedulers = try Self.checkpoints.map {
            try SchedulerConfiguration.read("\($0.path)/scheduler/scheduler_config.json")
        }
        #expect(schedulers.map(\.prediction) == [.epsilon, .epsilon, .velocity])
        #expect(
            schedulers.map(\.sampler) == [
                PNDMSampler.className, PNDMSampler.className, DDIMSampler.className,
            ])
        #expect(
            schedulers.allSatisfy { $0.spacing == .leading && $0.stepsOffset == 1 && !$0.endsWithoutNoise })
        #expect(schedulers.allSatisfy { $0.betaSchedule == .scaledLinear && $0.betaEnd == 0.012 })
    }

    @Test(
        "a key that would change the computation is refused by name",
        arguments: [
            ("unet", "only_cross_attention", "true"), ("unet", "num_class_embeds", "10"),
            ("unet", "dual_cross_attention", "true"), ("unet", "mid_block_scale_factor", "2"),
            ("unet", "act_fn", "\"relu\""), ("unet", "resnet_time_scale_shift", "\"scale_shift\""),
            ("unet", "a_key_of_tomorrow", "1"), ("vae", "shift_factor", "0.1"),
            ("vae", "latents_mean", "[1]"),
            ("text_encoder", "hidden_act", "\"relu\""), ("text_encoder", "model_type", "\"bert\""),
            ("scheduler", "trained_betas", "[0.1]"), ("scheduler", "thresholding", "true"),
            ("scheduler", "prediction_type", "\"flow_prediction\""),
            ("scheduler", "timestep_spacing", "\"magic\""),
        ])
    func refused(part: String, key: String, value: String) throws {
        try withTemporaryFolder { path in
            let copy = "\(path)/copy"
            try FileManager.default.copyItem(atPath: Self.checkpoints[2].path, toPath: copy)
            let file = "\(copy)/\(part)/" + (part == "scheduler" ? "scheduler_config.json" : "config.json")
            let old = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
            var object = try #require(old as? [String: Any])
            object[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            try JSONSerialization.data(withJSONObject: object).write(to: URL(filePath: file))
            let error = #expect(throws: FoundationModelError.self) {
                if part == "scheduler" {
                    _ = try SchedulerConfiguration.read(file)
                } else {
                    _ = try FoundationFolder(path: copy).configurations()
                }
            }
            #expect(error.map { "\($0)".contains("'\(key)'") } == true, "\(String(describing: error))")
        }
    }
}
