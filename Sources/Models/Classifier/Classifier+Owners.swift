import Core

extension Classifier {
    /// How many images of each owner are classified as labelled, `[owners.names]`.
    ///
    /// - Parameters:
    ///   - images: the set, whose images have owners.
    ///   - batch: images in a forward pass.
    ///   - isCancelled: asked before every batch.
    /// - Throws: `CancellationError` where `isCancelled` said so; `TorchScriptError`.
    /// - Precondition: labels are classes of this architecture; `images.owners` is not nil.
    public func correct(
        ofOwnersOf images: ImageSet, batch: Int = 100, isCancelled: () -> Bool
    ) throws -> [Int] {
        guard let owners = images.owners else { preconditionFailure("images without owners") }
        var correct = [Int](repeating: 0, count: owners.names.count)
        try forEachHit(in: images, batch: batch, isCancelled: isCancelled) { image, isHit in
            let owner = owners.indices[image]
            if isHit, owner != ImageOwners.nobody { correct[Int(owner)] += 1 }
        }
        return correct
    }

    /// Calls `body` with each image of a set, in order, and whether it is classified as labelled.
    ///
    /// - Throws: `CancellationError` where `isCancelled` said so; `TorchScriptError`.
    func forEachHit(
        in images: ImageSet, batch: Int, isCancelled: () -> Bool,
        _ body: (_ image: Int, _ isHit: Bool) -> Void
    ) throws {
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)  // Not drawn from: nothing is augmented.
        try Torch.withoutGradients {
            for start in stride(from: 0, to: images.count, by: batch) {
                if isCancelled() { throw CancellationError() }
                let range = start..<min(start + batch, images.count)
                let (pixels, labels) = source.batch(of: range, using: &generator)
                let found = try network.forward(pixels, training: false).argmax(1).equals(labels).floats
                for (image, hit) in zip(range, found) { body(image, hit != 0) }
            }
        }
    }
}
