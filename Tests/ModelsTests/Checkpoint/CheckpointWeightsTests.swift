import Foundation
import Models
import TestSupport
import Testing

/// Weights on disk: large ones, several files, half precision.
@Suite("Weights of checkpoints", .serialized)
struct CheckpointWeightsTests {
    private static var full: String { StableDiffusionConfigTests.checkpoints[1].path }

    /// How much of a mapped file is in this process's memory, in bytes.
    ///
    /// That of the whole process would count what other tests allocate at the same time.
    private func residentBytes(of file: String) throws -> Int {
        var sum = 0
        var mappings = 0
        var isInside = false
        for line in try kernelText(at: "/proc/self/smaps").split(separator: "\n") {
            let words = line.split(separator: " ")
            // A mapping begins with its addresses, "7f…-7f… r--p …"; its properties follow, "Rss: 12 kB".
            if words[0].contains("-"), !words[0].hasSuffix(":") {
                isInside = line.hasSuffix(file)
                if isInside { mappings += 1 }
            } else if isInside, words[0] == "Rss:", let kilobytes = Int(words[1]) {
                sum += kilobytes << 10
            }
        }
        try #require(mappings > 0, "\(file) is not mapped")
        return sum
    }

    /// A file of /proc to its end; Foundation takes the first piece that the kernel gives for the whole.
    private func kernelText(at path: String) throws -> String {
        let file = try #require(fopen(path, "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Processor time of this thread, in seconds.
    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// A header for these tensors, and a hole as large as their elements.
    private func writeHollow(_ declarations: [Safetensors.Declaration], to path: String) throws {
        var end = 0
        let members = declarations.map { tensor in
            let start = end
            end += tensor.byteCount
            return
                "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),"
                + "\"data_offsets\":[\(start),\(end)]}"
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - json.count % 8) % 8))
        let header = withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
        try Data(header).write(to: URL(filePath: path))
        let file = try FileHandle(forWritingTo: URL(filePath: path))
        try file.truncate(atOffset: UInt64(header.count + end))
        try file.close()
    }

    @Test("a UNet of 3.46 GB opens in under a second and takes no memory before it is used")
    func fullSize() throws {
        try withTemporaryFolder { path in
            let copy = "\(path)/copy"
            try FileManager.default.copyItem(atPath: Self.full, toPath: copy)
            let folder = try FoundationFolder(path: copy)
            let declarations = UNet2DConditionModel(try folder.configurations().unet).parameters.declarations
            let file = "\(copy)/unet/diffusion_pytorch_model.safetensors"
            try writeHollow(declarations, to: file)
            let size = try #require(FileManager.default.attributesOfItem(atPath: file)[.size] as? Int)
            #expect(size > 3_460_000_000)
            try computing {
                var unet: UNet2DConditionModel?
                let start = threadSeconds()
                unet = try folder.unet()
                let elapsed = threadSeconds() - start
                let resident = try residentBytes(of: file)
                // Alone it takes a tenth of a second. Other tests run beside it: so time of this thread.
                #expect(elapsed < Patience.seconds(1))
                #expect(resident < 200 << 20, "\(resident) bytes")
                let bias = try #require(unet?.parameters["conv_out.bias"])
                #expect(bias.floats == [0, 0, 0, 0])
            }
        }
    }

    @Test(
        "a file that is read once takes the memory of its largest tensor, and has the same elements when read again"
    )
    func readOnce() throws {
        try withTemporaryFolder { path in
            let generator = TensorGenerator(seed: 2)
            let megabyte = 1 << 18
            let tensors = (0..<16).map {
                (name: "t\($0)", tensor: Tensor.randomUniform([megabyte], using: generator))
            }
            let file = "\(path)/once.safetensors"
            try Safetensors.write(tensors, to: file)
            let mapped = try SafetensorsFile(path: file),
                once = try SafetensorsFile(path: file, isReadOnce: true)
            for reader in [once, once, mapped] {
                for (name, tensor) in tensors {
                    #expect(try reader.tensor(named: name).floats == tensor.floats)
                }
            }
            // Both mappings of the file count: 16 MB of `mapped`, of `once` no more than the pages at
            // tensors' borders.
            let both = try withExtendedLifetime((mapped, once)) { try residentBytes(of: file) }
            #expect(both >= 16 << 20 && both < 17 << 20, "\(both) bytes")
        }
    }

    @Test("writing to loaded weights changes neither the file nor the model of another reader")
    func privatePages() throws {
        try withTemporaryFolder { path in
            let generator = TensorGenerator(seed: 1)
            let model = CLIPTextModel(
                TextEncoderConfiguration(vocabularySize: 20, width: 8, hiddenWidth: 12, layers: 1, heads: 2),
                initializedBy: generator)
            try FoundationFolder.write(
                textEncoder: model,
                unet: UNet2DConditionModel(UNetTests.configurations[0], initializedBy: generator),
                autoencoder: AutoencoderKL(AutoencoderConfiguration(), initializedBy: generator),
                scheduler: "DDIMScheduler", to: path, type: .float32)
            let file = URL(filePath: "\(path)/text_encoder/model.safetensors")
            let bytes = try Data(contentsOf: file)
            let folder = try FoundationFolder(path: path)
            let (first, second) = (try folder.textEncoder(), try folder.textEncoder())
            let name = "embeddings.token_embedding.weight"
            let original = try #require(second.parameters[name]?.floats)
            let weight = try #require(first.parameters[name])
            Torch.withoutGradients { weight.copy(from: .ones(weight.shape)) }
            #expect(weight.floats.allSatisfy { $0 == 1 })
            #expect(second.parameters[name]?.floats == original)
            #expect(try Data(contentsOf: file) == bytes)
        }
    }

    @Test(
        "weights in several files, in any precision, are those of one file",
        arguments: ["F32", "F16", "BF16"])
    func shards(name: String) throws {
        let type: ElementType = ["F32": .float32, "F16": .float16, "BF16": .bfloat16][name]!
        try withTemporaryFolder { path in
            let generator = TensorGenerator(seed: 2)
            let unet = UNet2DConditionModel(UNetTests.configurations[0], initializedBy: generator)
            var text = TextEncoderConfiguration(vocabularySize: 20)
            text.width = unet.configuration.contextWidth
            let folder = try FoundationFolder.write(
                textEncoder: CLIPTextModel(text, initializedBy: generator), unet: unet,
                autoencoder: AutoencoderKL(AutoencoderConfiguration(), initializedBy: generator),
                scheduler: "DDIMScheduler", to: path, type: type)
            let whole = try folder.unet().parameters
            let stem = "\(path)/unet/diffusion_pytorch_model"
            let entries = unet.parameters.entries.map { (name: $0.name, tensor: $0.tensor) }
            let half = entries.count / 2
            let files = [
                "diffusion_pytorch_model-00001-of-00002.safetensors",
                "diffusion_pytorch_model-00002-of-00002.safetensors",
            ]
            try Safetensors.write(Array(entries[..<half]), to: "\(path)/unet/\(files[0])", as: type)
            try Safetensors.write(Array(entries[half...]), to: "\(path)/unet/\(files[1])", as: type)
            try FileManager.default.removeItem(atPath: "\(stem).safetensors")
            let map = Dictionary(
                uniqueKeysWithValues: entries.enumerated().map { ($1.name, files[$0 < half ? 0 : 1]) })
            try JSONEncoder().encode(["weight_map": map])
                .write(to: URL(filePath: "\(stem).safetensors.index.json"))
            for (left, right) in zip(whole.tensors, try folder.unet().parameters.tensors) {
                #expect(left.floats == right.floats)
            }
            try FileManager.default.removeItem(atPath: "\(path)/unet/\(files[1])")
            let error = #expect(throws: SafetensorsError.self) { try folder.unet() }
            #expect(error.map { "\($0)".hasPrefix("\(path)/unet/\(files[1]): ") && $0.isFileAccess } == true)
        }
    }

    @Test("weights of whole numbers, and a file cut off, are refused with their names")
    func damage() throws {
        try withTemporaryFolder { path in
            let generator = TensorGenerator(seed: 3)
            let unet = UNet2DConditionModel(UNetTests.configurations[0], initializedBy: generator)
            let folder = try FoundationFolder.write(
                textEncoder: CLIPTextModel(
                    TextEncoderConfiguration(vocabularySize: 20), initializedBy: generator),
                unet: unet, autoencoder: AutoencoderKL(AutoencoderConfiguration(), initializedBy: generator),
                scheduler: "DDIMScheduler", to: path, type: .float32)
            let file = "\(path)/unet/diffusion_pytorch_model.safetensors"
            let name = "conv_in.weight"
            let entries = unet.parameters.entries.map { (name: $0.name, tensor: $0.tensor) }
            try Safetensors.write(
                entries.map { ($0.name, $0.name == name ? $0.tensor.to(.int32) : $0.tensor) }, to: file)
            let error = #expect(throws: SafetensorsError.self) { try folder.unet() }
            #expect(error == .wholeNumbers(file: file, tensor: name, found: .int32))
            #expect(
                error.map { "\($0)" } == "\(file): tensor conv_in.weight has element type I32; "
                    + "allowed are F32, F64, F16, BF16")
            let data = try Data(contentsOf: URL(filePath: file))
            for length in [0, 7, 8, 100, data.count / 2, data.count - 1] {
                try data.prefix(length).write(to: URL(filePath: file))
                let error = #expect(throws: SafetensorsError.self) { try folder.unet() }
                #expect(error.map { "\($0)".hasPrefix(file) } == true, "\(length) bytes")
            }
        }
    }
}
