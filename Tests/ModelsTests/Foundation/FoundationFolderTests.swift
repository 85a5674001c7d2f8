import Foundation
import Models
import Testing

@Suite("Foundation folders")
struct FoundationFolderTests {
    private static let text = TextEncoderConfiguration(
        vocabularySize: 20, width: 8, hiddenWidth: 12, layers: 1, heads: 2, maximumTokens: 5,
        activation: .quickGelu)
    private static let unet = UNetTests.configurations[0]
    private static let autoencoder = AutoencoderConfiguration(
        blockChannels: [8, 8], normGroups: 4, middleAttention: true, scalingFactor: 0.75)

    private static func write(to path: String, type: ElementType = .float32, contextWidth: Int = 8) throws
        -> FoundationFolder
    {
        let generator = TensorGenerator(seed: 4)
        var unet = unet
        unet.contextWidth = contextWidth
        return try FoundationFolder.write(
            textEncoder: CLIPTextModel(text, initializedBy: generator),
            unet: UNet2DConditionModel(unet, initializedBy: generator),
            autoencoder: AutoencoderKL(autoencoder, initializedBy: generator), scheduler: "DDIMScheduler",
            to: path,
            type: type)
    }

    @Test("what is written is read back: configurations equal, weights to the bit in float32")
    func roundTrip() throws {
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path)
            var unet = Self.unet
            unet.contextWidth = 8
            #expect(
                try folder.configurations()
                    == .init(textEncoder: Self.text, unet: unet, autoencoder: Self.autoencoder))
            let generator = TensorGenerator(seed: 4)
            let originals = [
                CLIPTextModel(Self.text, initializedBy: generator).parameters,
                UNet2DConditionModel(unet, initializedBy: generator).parameters,
                AutoencoderKL(Self.autoencoder, initializedBy: generator).parameters,
            ]
            let copies = [
                try folder.textEncoder().parameters, try folder.unet().parameters,
                try folder.autoencoder().parameters,
            ]
            for (original, copy) in zip(originals, copies) {
                #expect(original.entries.map(\.name) == copy.entries.map(\.name))
                for (left, right) in zip(original.tensors, copy.tensors) {
                    #expect(left.floats == right.floats)
                }
            }
        }
    }

    @Test("float16 files cost half, and are within float16's precision")
    func halfPrecision() throws {
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path, type: .float16)
            let file = try SafetensorsFile(path: "\(path)/unet/diffusion_pytorch_model.safetensors")
            let unet = try folder.unet()
            #expect(file.dataByteCount == 2 * unet.parameters.parameterCount)
            #expect(unet.parameters.tensors.allSatisfy { $0.elementType == .float32 })
        }
    }

    @Test("names of older transformers and diffusers load, and stored positions are not used")
    func olderNames() throws {
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path)
            let text = try folder.textEncoder().parameters, autoencoder = try folder.autoencoder().parameters
            try Safetensors.write(
                text.entries.map { ("text_model.\($0.name)", $0.tensor) } + [
                    ("text_model.embeddings.position_ids", Tensor(indices: [0, 1, 2, 3, 4], shape: [1, 5]))
                ], to: "\(path)/text_encoder/model.safetensors")
            let old = ["to_q.": "query.", "to_k.": "key.", "to_v.": "value.", "to_out.0.": "proj_attn."]
            try Safetensors.write(
                autoencoder.entries.map { entry in
                    let name = old.sorted { $0.key < $1.key }.reduce(entry.name) {
                        $0.replacingOccurrences(of: $1.key, with: $1.value)
                    }
                    return (name, entry.tensor)
                }, to: "\(path)/vae/diffusion_pytorch_model.safetensors")
            for (before, after) in [
                (text, try folder.textEncoder().parameters),
                (autoencoder, try folder.autoencoder().parameters),
            ] {
                for (left, right) in zip(before.tensors, after.tensors) {
                    #expect(left.floats == right.floats)
                }
            }
        }
    }

    @Test("a folder that is not there, and each missing file, is named")
    func missingFiles() throws {
        #expect(throws: FoundationModelError.noFolder(path: "/no/such")) {
            try FoundationFolder(path: "/no/such")
        }
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path)
            let weights = "\(path)/unet/diffusion_pytorch_model.safetensors"
            try FileManager.default.removeItem(atPath: weights)
            let error = #expect(throws: SafetensorsError.self) { try folder.unet() }
            #expect(error.map { "\($0)".contains(weights) } ?? false)
            try FileManager.default.removeItem(atPath: "\(path)/vae/config.json")
            #expect(throws: FoundationModelError.unreadableFile(
                path: "\(path)/vae/config.json", reason: "cannot be read: No such file or directory")) {
                try folder.autoencoder()
            }
        }
    }

    @Test("networks that do not fit together are refused with both sizes")
    func mismatch() throws {
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path, contextWidth: 12)
            let error = #expect(throws: FoundationModelError.self) { try folder.configurations() }
            #expect(
                error.map { "\($0)" } == "\(path): the text encoder's hidden_size is 8, "
                    + "but the UNet's cross_attention_dim is 12; they must be equal")
        }
    }

    @Test("a tensor that is missing, misshapen or superfluous is named; nothing is changed by then")
    func wrongTensors() throws {
        try withTemporaryFolder { path in
            let folder = try Self.write(to: path)
            let entries = try folder.textEncoder().parameters.entries.map { ($0.name, $0.tensor) }
            let file = "\(path)/text_encoder/model.safetensors"
            func error(_ tensors: [(name: String, tensor: Tensor)]) throws -> SafetensorsError? {
                try Safetensors.write(tensors, to: file)
                return #expect(throws: SafetensorsError.self) { try folder.textEncoder() }
            }
            let name = "encoder.layers.0.mlp.fc1.weight"
            #expect(try error(entries.filter { $0.0 != name }) == .missingTensor(file: file, tensor: name))
            #expect(
                try error(entries.map { $0.0 == name ? ($0.0, Tensor.zeros([12, 9])) : $0 })
                    == .shapeMismatch(file: file, tensor: name, expected: [12, 8], found: [12, 9]))
            #expect(
                try error(entries + [("encoder.extra", .zeros([1]))])
                    == .unexpectedTensor(file: file, tensor: "encoder.extra", count: 1))
        }
    }
}
