import Models
import Testing

/// The three networks against numbers of diffusers and transformers; tolerance 1e-4 absolute.
@Suite("Foundation models against diffusers")
struct FoundationReferenceTests {
    private static let tolerance = 1e-4

    @Test("text states equal CLIPTextModel's", arguments: FoundationFixtures.folders)
    func textStates(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try FoundationFolder(path: folder).textEncoder()
            let states = model(try expected.tensor(named: "input_ids").to(.int64))
            #expect(
                FoundationFixtures.difference(states, try expected.tensor(named: "text_embeddings"))
                    < Self.tolerance)
        }
    }

    @Test(
        "predictions equal UNet2DConditionModel's, early and late in the diffusion",
        arguments: FoundationFixtures.folders)
    func predictions(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try FoundationFolder(path: folder).unet()
            let context = try expected.tensor(named: "text_embeddings").narrow(0, from: 0, count: 2)
            for timestep in [1, 981] {
                let prediction = model(
                    try expected.tensor(named: "initial_noise"), timesteps: .full([2], Double(timestep)),
                    context: context)
                let reference = try expected.tensor(named: "noise_prediction_t\(timestep)")
                #expect(
                    FoundationFixtures.difference(prediction, reference) < Self.tolerance, "t = \(timestep)")
            }
        }
    }

    @Test("latents equal AutoencoderKL's", arguments: FoundationFixtures.folders)
    func latents(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try FoundationFolder(path: folder).autoencoder()
            let mean = model.encode(try expected.tensor(named: "vae_input")).mean
            #expect(
                FoundationFixtures.difference(mean, try expected.tensor(named: "vae_latent_mean"))
                    < Self.tolerance)
        }
    }

    @Test("decoded images equal AutoencoderKL's", arguments: FoundationFixtures.folders)
    func images(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try FoundationFolder(path: folder).autoencoder()
            let latents = try expected.tensor(named: "ddim_latents")
            let image = model.decode(latents / model.configuration.scalingFactor)
            // The pipeline maps −1…1 to 0…1.
            let pixels = (image / 2 + 0.5).clamp(0, 1)
            #expect(
                FoundationFixtures.difference(pixels, try expected.tensor(named: "ddim_image"))
                    < Self.tolerance)
        }
    }

    @Test(
        "parameters have exactly the names of the checkpoint's tensors", arguments: FoundationFixtures.folders
    )
    func names(folder: String) throws {
        let parts = try FoundationFolder(path: folder)
        let found: [(String, ParameterStore)] = [
            ("text_encoder/model", try parts.textEncoder().parameters),
            ("unet/diffusion_pytorch_model", try parts.unet().parameters),
            ("vae/diffusion_pytorch_model", try parts.autoencoder().parameters),
        ]
        for (file, parameters) in found {
            let names = try SafetensorsFile(path: "\(folder)/\(file).safetensors").names
            #expect(parameters.entries.map(\.name).sorted() == names.sorted(), "\(file)")
        }
    }

    @Test("bfloat16 stays within its precision of float32", arguments: FoundationFixtures.folders)
    func autocast(folder: String) throws {
        let expected = try FoundationFixtures.expected(folder)
        try computing {
            let model = try FoundationFolder(path: folder).unet()
            let context = try expected.tensor(named: "text_embeddings").narrow(0, from: 0, count: 2)
            let prediction = try Torch.withAutocast {
                model(
                    try expected.tensor(named: "initial_noise"), timesteps: .full([2], 981), context: context)
            }
            let reference = try expected.tensor(named: "noise_prediction_t981")
            // bfloat16 has 8 bits of precision; a few dozen layers lose about three of them.
            let scale = reference.abs().max().item
            #expect(FoundationFixtures.difference(prediction, reference) < 0.05 * scale)
            #expect(prediction.elementType == .float32)
        }
    }
}
