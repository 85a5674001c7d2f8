import Core
import Foundation
import Models
import RunLog
import Simulator

/// The images of an experiment, shared by all its runs and workers.
///
/// The simulation looks at facts alone; pixels are loaded when real work first asks for them, which a replay
/// never does.
struct FederatedData: Sendable {
    /// All clients' private images.
    let train: ImageFacts
    /// How many images global models are evaluated on; nobody trains on them.
    let testCount: Int
    /// Hash of those.
    let testSHA256: String
    /// How many files a reader left out.
    let skippedCount: Int
    /// The reasons, in a line.
    let skippedText: String
    /// Notices to show when the set is loaded; empty where its facts are from the log.
    let notices: [DataNotice]
    private let pixels: LazyImages

    /// Hash of the training images.
    var trainSHA256: String { train.sha256 }

    /// Images that are in memory.
    init(_ images: LoadedImages) {
        train = ImageFacts(images.train)
        testCount = images.test.count
        testSHA256 = images.test.sha256
        skippedCount = images.skipped.count + images.leftOut.lostCount
        let skipped = images.skipped.count > 0 ? ["\(images.skipped)"] : []
        let left = images.leftOut.lostCount > 0 ? [images.leftOut.sentence] : []
        skippedText = (skipped + left).joined(separator: "; ")
        notices = images.notices
        pixels = LazyImages(images)
    }

    /// Images of which the log has the facts.
    ///
    /// - Parameter settings: where to find the pixels, if work should ask for them.
    init(_ facts: Facts, settings: ImagesKey, workers: Int) {
        train = facts.train
        testCount = facts.testCount
        testSHA256 = facts.testSHA256
        skippedCount = facts.skippedCount
        skippedText = facts.skippedText
        notices = []
        pixels = LazyImages {
            let images = try Self.read(
                settings.data, labelsOnly: settings.labelsOnly, workers: workers)
            guard images.train.sha256 == facts.train.sha256, images.test.sha256 == facts.testSHA256 else {
                throw FederationError.inputChanged(
                    what: "the images of data.set \(settings.data.set.rawValue)")
            }
            return images
        }
    }

    /// Images of which nothing is known but how many each client holds.
    init(sharesOf clients: [Int], sha256: String) {
        train = ImageFacts(shares: clients, sha256: sha256)
        testCount = 0
        testSHA256 = sha256
        skippedCount = 0
        skippedText = ""
        notices = []
        pixels = LazyImages { throw FederationError.inputChanged(what: "images of an imported run") }
    }

    /// Reads or renders the images that a scenario names.
    ///
    /// - Throws: `DataError`.
    ///
    /// - Parameters:
    ///   - labelsOnly: Whether labels suffice; then what can be had without pixels has none.
    ///   - observer: receives the progress of reading.
    static func load(
        _ settings: Scenario.Data, labelsOnly: Bool = false, workers: Int, observer: LoadingObserver? = nil
    ) throws -> FederatedData {
        try FederatedData(read(settings, labelsOnly: labelsOnly, workers: workers, observer: observer))
    }

    /// The images themselves.
    ///
    /// - Throws: `DataError`; `FederationError.inputChanged` where they are not those that the log speaks of.
    func images() throws -> LoadedImages { try pixels.load() }

    private static func read(
        _ settings: Scenario.Data, labelsOnly: Bool, workers: Int, observer: LoadingObserver? = nil
    ) throws -> LoadedImages {
        let options = ImageLoadOptions(
            side: settings.side, trainPerClass: settings.trainPerClass, testPerClass: settings.testPerClass,
            isStrict: settings.strict, workers: workers, observer: observer)
        if labelsOnly, settings.set == .shapes { return ShapesWorld(settings).labels(options) }
        return try source(of: settings).load(options)
    }

    /// The reader of a scenario's data set; a new data set is one line here.
    private static func source(of settings: Scenario.Data) -> any LabelledImageSource {
        let kind: ImageSetKind
        switch settings.set {
        case .shapes: return ShapesWorld(settings)
        case .imageFolder: kind = .imageFolder
        case .cifar10: kind = .cifar10
        case .cifar100: kind = .cifar100
        case .idx: kind = .idx
        case .domains: kind = .domains
        }
        return kind.source(
            at: UserPath.expanded(settings.path ?? ""),
            classes: settings.classes.isEmpty ? nil : settings.classes,
            names: settings.classNames?.given, testFraction: settings.testFraction,
            isCoarse: settings.labels == .coarse)
    }
}

// MARK: - Facts in the log

extension FederatedData {
    /// Everything but the pixels, as the log keeps it.
    struct Facts: Codable {
        let train: ImageFacts
        let testCount: Int
        let testSHA256: String
        let skippedCount: Int
        let skippedText: String
    }

    /// What the log keeps.
    func input(for settings: ImagesKey) -> RunInput {
        let facts = Facts(
            train: train, testCount: testCount, testSHA256: testSHA256, skippedCount: skippedCount,
            skippedText: skippedText)
        return RunInput(
            kind: "images", settings: settings.text,
            sha256: WorkKey("images", ["train": trainSHA256, "test": testSHA256]).sha256,
            facts: RunInput.text(of: facts))
    }
}

extension RunInput {
    /// Facts as JSON.
    static func text(of facts: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(facts), as: UTF8.self)
        } catch {
            preconditionFailure("facts cannot be encoded: \(error)")
        }
    }

    /// The facts of an input.
    ///
    /// - Throws: `FederationError.unreadableRecord` where the log does not hold them.
    func decoded<Facts: Decodable>(as type: Facts.Type) throws -> Facts {
        do {
            return try JSONDecoder().decode(type, from: Data(facts.utf8))
        } catch {
            throw FederationError.unreadableRecord(what: "the facts of the input '\(kind)'")
        }
    }
}

/// Which images are loaded: the key under which runs share them.
struct ImagesKey: Hashable {
    let data: Scenario.Data
    /// Whether labels suffice.
    let labelsOnly: Bool

    /// What the log calls it. Keys that have come later are left out where they say nothing, so that files of
    /// earlier versions are replayed without loading an image.
    var text: String {
        let later = ["styles: nil", "classes: []", "classNames: nil", "testFraction: nil", "labels: nil"]
        return later.reduce("\(self)") { $0.replacing(", \($1)", with: "") }
    }
}

extension Scenario {
    /// The scenario as far as it says which images are loaded.
    var images: ImagesKey {
        var images = data
        images.partition = Scenario.Partition()
        images.augmentation = .none
        return ImagesKey(data: images, labelsOnly: training.mode == .none)
    }
}

/// Images that are loaded once, when first asked for.
private final class LazyImages: Sendable {
    private let images: Monitor<LoadedImages?>
    private let read: @Sendable () throws -> LoadedImages

    init(_ images: LoadedImages) {
        self.images = Monitor(images)
        read = { images }
    }

    init(_ read: @escaping @Sendable () throws -> LoadedImages) {
        images = Monitor(nil)
        self.read = read
    }

    func load() throws -> LoadedImages {
        try images.update { known in
            if let known { return known }
            let images = try read()
            known = images
            return images
        }
    }
}

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

extension ImageSet {
    /// SHA-256 over side, labels and pixels, hexadecimal.
    var sha256: String {
        var hash = SHA256()
        hash.update(data: Array("\(side) \(labels.count) \(classNames.joined(separator: ","))\n".utf8))
        labels.withUnsafeBytes { hash.update(bufferPointer: $0) }
        pixels.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return hash.finalize().hexadecimal
    }
}
