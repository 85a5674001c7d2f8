/// Cuts batches out of a set of images: cropped and mirrored where asked, scaled to mean 0.5 and deviation
/// 0.5.
///
/// A byte b becomes b / 127.5 − 1. The values of a batch are written once, straight from the bytes of the
/// set.
public struct BatchSource {
    private let images: ImageSet
    private let augmentation: TrainingOptions.Augmentation
    private var sampler: CropSampler
    private var values: [Float] = []

    public init(_ images: ImageSet, augmentation: TrainingOptions.Augmentation) {
        self.images = images
        self.augmentation = augmentation
        sampler = CropSampler(side: images.side)
    }

    /// Pixels `[N, 3, side, side]` float32 and labels `[N]` int64 of the images at `indices`.
    public mutating func batch(
        of indices: some RandomAccessCollection<Int>, using generator: inout some RandomNumberGenerator
    ) -> (images: Tensor, labels: Tensor) {
        let size = images.bytesPerImage
        let total = indices.count * size
        if values.count < total { values = [Float](repeating: 0, count: total) }
        values.withUnsafeMutableBufferPointer { values in
            images.pixels.withUnsafeBufferPointer { pixels in
                for (position, index) in indices.enumerated() {
                    let source = UnsafeBufferPointer(rebasing: pixels[index * size..<(index + 1) * size])
                    let target = UnsafeMutableBufferPointer(
                        rebasing: values[position * size..<(position + 1) * size])
                    switch augmentation {
                    case .none:
                        Self.scale(source, into: target)
                    case .cropFlip:
                        let crop = Crop.random(side: images.side, using: &generator)
                        sampler.resample(source, crop, into: target)
                    }
                }
            }
        }
        let shape = [indices.count, 3, images.side, images.side]
        let pixels = values.withUnsafeBytes { bytes in
            let used = UnsafeRawBufferPointer(rebasing: bytes[..<(total * MemoryLayout<Float>.stride)])
            return Tensor(bytes: used, shape: shape, type: .float32)
        }
        return (pixels, Tensor(indices: indices.map { Int64(images.labels[$0]) }))
    }

    private static func scale(
        _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<Float>
    ) {
        for index in source.indices { target[index] = Float(source[index]) * (1 / 127.5) - 1 }
    }
}
