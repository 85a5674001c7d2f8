import Core

/// Latents of images with their captions, in memory: what the denoiser is trained on.
final class LatentCorpus {
    /// A batch as the loss needs it.
    struct Batch {
        /// float32 `[B, C, h, w]`.
        let latents: Tensor
        /// int64 `[B, T]`.
        let tokens: Tensor
    }

    /// The number of images.
    let count: Int
    /// `[C, h, w]`.
    private let shape: [Int]
    /// float16, image by image.
    private let storage: UnsafeMutableRawBufferPointer
    /// Different captions by number; the empty one is number 0.
    private var tokenTable: [[Int64]] = []
    private var classCaption: [Int32] = []
    private var fullCaption: [Int32] = []

    /// Images of a chunk, which one thread makes and encodes in one go; the last one may have fewer.
    static let chunkSize = 1000
    /// Images that go through the encoder together.
    private static let encoderBatch = 50

    private var bytesPerImage: Int { shape.reduce(ElementType.float16.size, *) }

    /// Encodes the images of a plan.
    ///
    /// - Parameters:
    ///   - images: those of the plan.
    ///   - encoders: an autoencoder for each thread, with equal weights.
    ///   - progress: called with the number of images that are done.
    init(
        _ images: PretrainingImages, tokenizer: Tokenizer, encoders: [AutoencoderKL],
        threads: TrainingThreads, progress: (Int) -> Void
    ) {
        count = images.plan.corpusImages
        let configuration = encoders[0].configuration
        let side = PretrainingPlan.imageSide / configuration.downsampling
        shape = [configuration.latentChannels, side, side]
        let bytes = shape.reduce(ElementType.float16.size, *)
        storage = .allocate(byteCount: count * bytes, alignment: 64)

        var numbers: [String: Int32] = [:]
        func number(_ caption: String) -> Int32 {
            if let known = numbers[caption] { return known }
            let new = Int32(tokenTable.count)
            tokenTable.append(tokenizer.encode(caption).map(Int64.init))
            numbers[caption] = new
            return new
        }
        _ = number("")
        for first in stride(from: 0, to: count, by: threads.count * Self.chunkSize) {
            let captions = threads.map { worker -> [(String, String)] in
                let start = first + worker * Self.chunkSize
                let end = min(start + Self.chunkSize, count)
                guard start < end else { return [] }
                let chunk = images.corpus(from: start, count: end - start)
                let target = UnsafeMutableRawBufferPointer(rebasing: storage[start * bytes..<end * bytes])
                Self.encode(chunk, with: encoders[worker], into: target, bytesPerImage: bytes)
                return Array(zip(images.classCaptions(of: chunk), chunk.captions))
            }
            for (short, long) in captions.joined() {
                classCaption.append(number(short))
                fullCaption.append(number(long))
            }
            progress(classCaption.count)
        }
    }

    deinit { storage.deallocate() }

    /// Bytes as float32 in −1…1, `[N, 3, side, side]`.
    static func tensor(of images: ImageSet, _ range: Range<Int>) -> Tensor {
        let bytes = range.lowerBound * images.bytesPerImage..<range.upperBound * images.bytesPerImage
        return images.pixels.withUnsafeBytes {
            .images(
                pixels: UnsafeRawBufferPointer(rebasing: $0[bytes]), count: range.count, side: images.side)
        }
    }

    private static func encode(
        _ images: ImageSet, with encoder: AutoencoderKL, into target: UnsafeMutableRawBufferPointer,
        bytesPerImage: Int
    ) {
        Torch.withoutGradients {
            for start in stride(from: 0, to: images.count, by: encoderBatch) {
                let range = start..<min(start + encoderBatch, images.count)
                let mean = Torch.withAutocast { encoder.encode(tensor(of: images, range)).mean }
                let bytes = range.lowerBound * bytesPerImage..<range.upperBound * bytesPerImage
                mean.to(.float16).copyBytes(to: UnsafeMutableRawBufferPointer(rebasing: target[bytes]))
            }
        }
    }

    /// Draws `size` images with captions of all forms.
    func batch(_ size: Int, plan: PretrainingPlan, using generator: inout RandomStream) -> Batch {
        var tokens: [Int64] = []
        let bytes = bytesPerImage
        return withUnsafeTemporaryAllocation(byteCount: size * bytes, alignment: 64) { gathered in
            for position in 0..<size {
                let image = generator.index(below: count)
                let pixels = UnsafeRawBufferPointer(rebasing: storage[image * bytes..<(image + 1) * bytes])
                UnsafeMutableRawBufferPointer(rebasing: gathered[position * bytes..<(position + 1) * bytes])
                    .copyMemory(from: pixels)
                let form = generator.uniform()
                let caption =
                    form < plan.emptyCaptions
                    ? 0
                    : form < plan.emptyCaptions + plan.classCaptions
                        ? classCaption[image] : fullCaption[image]
                tokens.append(contentsOf: tokenTable[Int(caption)])
            }
            let latents = Tensor(
                bytes: UnsafeRawBufferPointer(gathered), shape: [size] + shape, type: .float16)
            return Batch(
                latents: latents.to(.float32),
                tokens: Tensor(indices: tokens, shape: [size, tokens.count / size]))
        }
    }
}
