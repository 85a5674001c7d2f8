import Core
import Models

/// What an attacker does to labels and images, as work names it.
package struct ImagePoison: Codable, Sendable, Hashable {
    /// The class whose labels are changed; `nil` for all.
    let source: Int?
    /// What they become; `nil` is the class after each.
    let target: Int?
    /// The trigger of a backdoor; `nil` where labels alone are changed.
    let trigger: Trigger?

    /// A white square in the lower right corner (BadNets, https://arxiv.org/abs/1708.06733).
    package struct Trigger: Codable, Sendable, Hashable {
        /// Its width and height, in pixels.
        let size: Int
        /// The part of the images that carry it in training.
        let share: Double
        /// Of which these are.
        let seed: UInt64

        private enum CodingKeys: String, CodingKey { case size, share, seed }

        package init(size: Int, share: Double, seed: UInt64) {
            self.size = size
            self.share = share
            self.seed = seed
        }
    }

    private enum CodingKeys: String, CodingKey { case source, target, trigger }

    package init(source: Int?, target: Int?, trigger: Trigger? = nil) {
        self.source = source
        self.target = target
        self.trigger = trigger
    }

    /// What becomes of a label among so many classes.
    func label(after label: Int, classes: Int) -> Int {
        if let source, source != label { return label }
        return target ?? (label + 1) % classes
    }

    /// Images as an attacker trains on them: these of a set, or all.
    package func poisoned(_ set: ImageSet, at indices: [Int]?) -> ImageSet {
        let images = indices.map(set.subset) ?? set
        var pixels = images.pixels, labels = images.labels
        var chosen = Array(labels.indices)
        if let trigger {
            var stream = RandomStream(seed: trigger.seed, purpose: "images with a trigger")
            let count = Int((trigger.share * Double(chosen.count)).rounded())
            chosen = chosen.shuffled(using: &stream).prefix(count).sorted()
            for image in chosen { trigger.paint(image, of: &pixels, side: images.side) }
        }
        for image in chosen {
            labels[image] = Int32(label(after: Int(labels[image]), classes: images.classNames.count))
        }
        return ImageSet(
            side: images.side, pixels: pixels, labels: labels, classNames: images.classNames,
            domains: images.domains, domainNames: images.domainNames)
    }

    /// The images on which the attack shows, with the trigger where there is one, and the labels that the
    /// attacker wants; none of those that have such a label anyway.
    package func goals(in set: ImageSet) -> ImageSet {
        let wanted = set.labels.map { label(after: Int($0), classes: set.classNames.count) }
        let shown = set.labels.indices.filter { wanted[$0] != Int(set.labels[$0]) }
        let images = set.subset(shown)
        var pixels = images.pixels
        if let trigger {
            for image in shown.indices { trigger.paint(image, of: &pixels, side: images.side) }
        }
        return ImageSet(
            side: images.side, pixels: pixels, labels: shown.map { Int32(wanted[$0]) },
            classNames: set.classNames)
    }
}

extension ImagePoison.Trigger {
    fileprivate func paint(_ image: Int, of pixels: inout [UInt8], side: Int) {
        let size = min(size, side)
        for channel in 0..<3 {
            for row in side - size..<side {
                let start = ((3 * image + channel) * side + row) * side + side - size
                for pixel in start..<start + size { pixels[pixel] = 255 }
            }
        }
    }
}
