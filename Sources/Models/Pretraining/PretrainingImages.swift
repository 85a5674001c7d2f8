/// The images that a training run learns from: pictures of the world, rendered when they are needed, or
/// photos of a folder. Which they are depends on the plan's seed and on who asks, not on what was asked
/// before.
struct PretrainingImages: Sendable {
    let plan: PretrainingPlan
    /// The photos, of which the plan has the facts; nil for the world.
    let photos: PhotoCorpus?

    /// The images from `first` on, of `plan.corpusImages`, that the denoiser learns from; with full captions.
    ///
    /// - Parameter first: a multiple of `LatentCorpus.chunkSize`.
    func corpus(from first: Int, count: Int) -> ImageSet {
        if let photos { return photos.views(first..<first + count) }
        return render(count, .corpusImages, first / LatentCorpus.chunkSize)
    }

    /// The images of a step of the autoencoder's training on one thread.
    func autoencoderBatch(_ count: Int, step: Int, worker: Int) -> ImageSet {
        guard let photos else { return render(count, .autoencoderImages, step, worker: worker) }
        var stream = PretrainingPurpose.autoencoderImages.generator(seed: plan.seed, step, worker: worker)
        return photos.drawnViews(count, using: &stream)
    }

    /// Images that training does not see; `part` numbers different sets.
    func heldOut(_ count: Int, part: Int) -> ImageSet {
        guard let photos else { return render(count, .heldOutImages, part) }
        var stream = PretrainingPurpose.heldOutImages.generator(seed: plan.seed, part)
        return photos.heldOutImages(count, using: &stream)
    }

    /// The captions that say an image's class and style alone.
    func classCaptions(of images: ImageSet) -> [String] {
        photos == nil ? ImageWorld.classCaptions(of: images) : images.captions
    }

    private func render(
        _ count: Int, _ purpose: PretrainingPurpose, _ chunk: Int, worker: Int = 0
    ) -> ImageSet {
        ImageWorld.render(
            count: count, seed: purpose.seed(plan.seed, chunk, worker: worker),
            distribution: .foundation(photoShare: plan.photoShare), side: PretrainingPlan.imageSide,
            classes: plan.drawnObjects, labels: .drawn)
    }
}
