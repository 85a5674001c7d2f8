import Models

/// The built-in world as a data set: private photos, drawn once and for all.
///
/// Its seed is a constant, as the files of any other data set are: seeds of a scenario vary who holds which
/// images and how models are trained, not what there is to learn.
struct ShapesWorld: LabelledImageSource {
    static let seed: UInt64 = 1
    /// Images of each class where a scenario gives no number.
    static let defaultPerClass = (train: 130, test: 200)

    /// The styles, each a domain.
    let styles: [WorldStyle]
    /// The kinds of objects that the images show.
    let objects: [WorldObject]

    init(_ settings: Scenario.Data) {
        styles = settings.styles ?? [.real]
        objects = settings.worldObjects
    }

    func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        func render(_ perClass: Int, _ stream: ImageWorld.Stream) -> ImageSet {
            domains { style, seed in
                ImageWorld.privateSet(
                    perClass: perClass, seed: seed, stream: stream, side: options.side, domain: style,
                    classes: objects, workers: options.workers)
            }
        }
        return LoadedImages(
            train: render(options.trainPerClass ?? Self.defaultPerClass.train, .privateTraining),
            test: render(options.testPerClass ?? Self.defaultPerClass.test, .privateTest))
    }

    /// The same sets without their pixels.
    func labels(_ options: ImageLoadOptions) -> LoadedImages {
        func labels(_ perClass: Int) -> ImageSet {
            domains { style, _ in
                ImageWorld.privateLabels(
                    perClass: perClass, side: options.side, domain: style, classes: objects)
            }
        }
        return LoadedImages(
            train: labels(options.trainPerClass ?? Self.defaultPerClass.train),
            test: labels(options.testPerClass ?? Self.defaultPerClass.test))
    }

    /// The sets of all styles as one, style by style. Each has a seed of its own, so that a scene is not
    /// drawn in two styles.
    private func domains(_ draw: (WorldStyle, _ seed: UInt64) -> ImageSet) -> ImageSet {
        let sets = styles.enumerated().map { draw($1, Self.seed + UInt64($0)) }
        guard sets.count > 1 else { return sets[0] }
        return ImageSet(domains: Array(zip(styles.map(\.name), sets)))
    }
}
