import Foundation
import Models
import TestSupport
import Testing

/// The memory of a model on disk, told from its headers.
@Suite("Memory of synthesis")
struct SynthesisMemoryTests {
    /// The published shape of Stable Diffusion 2.1-base, with files that declare its weights and hold none.
    private static func folder(_ type: String = "F32") throws -> FoundationFolder {
        let source = StableDiffusionConfigTests.checkpoints[1].path
        let folder = URL(fileURLWithPath: TestFiles.path("memory-\(UUID().uuidString)"))
        try FileManager.default.copyItem(atPath: source, toPath: folder.path)
        let checkpoint = try FoundationFolder(path: folder.path), shapes = try checkpoint.configurations()
        let networks = [
            ("text_encoder/model", CLIPTextModel(shapes.textEncoder).parameters),
            ("unet/diffusion_pytorch_model", UNet2DConditionModel(shapes.unet).parameters),
            ("vae/diffusion_pytorch_model", AutoencoderKL(shapes.autoencoder).parameters),
        ]
        for (name, parameters) in networks {
            try declare(parameters, type, in: folder.appendingPathComponent("\(name).safetensors"))
        }
        return checkpoint
    }

    /// Writes the header of a file; what follows is a hole.
    private static func declare(_ parameters: ParameterStore, _ type: String, in file: URL) throws {
        var offset = 0
        let width = type == "F32" ? 4 : 2
        let entries = parameters.entries.map { entry in
            let start = offset
            offset += width * entry.tensor.count
            return """
                "\(entry.name)":{"dtype":"\(type)","shape":\(entry.tensor.shape),\
                "data_offsets":[\(start),\(offset)]}
                """
        }
        let header = Data("{\(entries.joined(separator: ","))}".utf8)
        try (withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) } + header).write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try handle.truncate(atOffset: UInt64(8 + header.count + offset))
        try handle.close()
    }

    @Test("Workers share the weights, whatever type the files have; half precision halves them")
    func weights() throws {
        let weights = 340_387_840.0 + 865_910_724 + 83_653_863
        for type in ["F32", "F16"] {
            let folder = try Self.folder(type)
            defer { try? FileManager.default.removeItem(atPath: folder.path) }
            let memory = try SynthesisMemory(folder: folder, batch: nil, isGuided: true)
            #expect(memory.weightBytes == 4 * weights)
            #expect(memory.bytes(workers: 2) - memory.bytes(workers: 1) == memory.activationBytes)
            let half = try SynthesisMemory(
                folder: folder, batch: nil, isGuided: true, precision: .bfloat16)
            #expect(half.weightBytes == 2 * weights)
        }
    }

    @Test("An image of 512 pixels is decoded alone; batches and guidance count in the UNet")
    func activations() throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        func bytes(_ batch: Int, guided: Bool = true) throws -> Double {
            try SynthesisMemory(folder: folder, batch: batch, isGuided: guided).activationBytes
        }
        // Eight times what the widest level of the decoder is given.
        #expect(try bytes(1) == 8 * 4 * 512 * 512 * 256)
        #expect(try bytes(1, guided: false) == bytes(1))
        #expect(try bytes(64) == 2 * bytes(64, guided: false))
        #expect(try bytes(64) > 5e9)
    }
}
