import Models
import Simulator

extension RunContext {
    /// What the server trains on: the synthetic images, and the real ones that it has from elsewhere, where the
    /// scenario gives it some.
    func serverImages(_ synthetic: SyntheticSet) -> TrainingTask.Images {
        let perClass = scenario.synthesis.realPerClass
        guard perClass > 0 else { return .synthetic(synthetic) }
        // As many of each class as there are, if they are fewer.
        var byClass: [[Int]] = Array(repeating: [], count: data.train.classNames.count)
        for (image, label) in data.train.labels.enumerated() { byClass[Int(label)].append(image) }
        var stream = stream("server-images")
        let real = byClass.flatMap { images in images.shuffled(using: &stream).prefix(perClass) }
        return .mixed(synthetic, real: real.sorted())
    }
}

extension ImageSet {
    /// The images of both sets, these first, without captions.
    ///
    /// - Precondition: both have one size and the same classes.
    func joined(with other: ImageSet) -> ImageSet {
        precondition(side == other.side && classNames == other.classNames, "images of two kinds")
        return ImageSet(
            side: side, pixels: pixels + other.pixels, labels: labels + other.labels, classNames: classNames)
    }
}
