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
    /// How many of them each owner of training images has; nil where the test images have no owners.
    let testOwnerCounts: [Int]?
    /// The version of the images' hashes: 1 where they are from a log of version 0.1.
    private let identities: IdentityVersion
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
        testOwnerCounts = images.test.owners?.counts
        identities = .current
        skippedCount = images.skipped.count + images.leftOut.lostCount
        skippedText = images.losses.joined(separator: "; ")
        notices = images.notices
        pixels = LazyImages(images)
    }

    /// Images of which the log has the facts.
    ///
    /// - Parameter settings: where to find the pixels, if work should ask for them.
    init(_ facts: Facts, settings: ImagesKey, catalogue: Catalogue, workers: Int) {
        train = facts.train
        testCount = facts.testCount
        testSHA256 = facts.testSHA256
        testOwnerCounts = facts.testOwners
        let identities: IdentityVersion = facts.identities == nil ? .first : .current
        self.identities = identities
        skippedCount = facts.skippedCount
        skippedText = facts.skippedText
        notices = []
        pixels = LazyImages {
            let images = try Self.read(
                settings.data, labelsOnly: settings.labelsOnly, catalogue: catalogue, workers: workers)
            guard images.train.sha256(identities) == facts.train.sha256,
                images.test.sha256(identities) == facts.testSHA256
            else {
                throw FederationError.inputChanged(
                    what: "the images of data.set \(settings.data.set.rawValue)")
            }
            return images
        }
    }

    /// Images of which nothing is known but how many each client holds.
    ///
    /// - Parameter scenario: whose classifier they are for: where its shape depends on their size, it is the
    ///   scenario's.
    init(sharesOf clients: [Int], sha256: String, in scenario: Scenario) {
        let side = scenario.model.kind == .cnn ? scenario.data.side : 1
        train = ImageFacts(shares: clients, sha256: sha256, side: side)
        testCount = 0
        testSHA256 = sha256
        testOwnerCounts = nil
        identities = .current
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
    ///   - catalogue: The scenario's, which may have added the set.
    ///   - observer: receives the progress of reading.
    static func load(
        _ settings: Scenario.Data, labelsOnly: Bool = false, catalogue: Catalogue, workers: Int,
        observer: LoadingObserver? = nil
    ) throws -> FederatedData {
        try FederatedData(
            read(
                settings, labelsOnly: labelsOnly, catalogue: catalogue, workers: workers, observer: observer))
    }

    /// The images themselves.
    ///
    /// - Throws: `DataError`; `FederationError.inputChanged` where they are not those that the log speaks of.
    func images() throws -> LoadedImages { try pixels.load() }

    private static func read(
        _ settings: Scenario.Data, labelsOnly: Bool, catalogue: Catalogue, workers: Int,
        observer: LoadingObserver? = nil
    ) throws -> LoadedImages {
        let options = ImageLoadOptions(
            side: settings.side, trainPerClass: settings.trainPerClass, testPerClass: settings.testPerClass,
            isStrict: settings.strict, workers: workers, observer: observer)
        if labelsOnly, settings.set == .shapes { return ShapesWorld(settings).labels(options) }
        return try source(of: settings, catalogue).load(options)
    }

    /// The reader of a scenario's data set; a new built-in set is one line here.
    private static func source(
        of settings: Scenario.Data, _ catalogue: Catalogue
    ) -> any LabelledImageSource {
        if let added = catalogue.source(settings.set.rawValue) { return added.images(for: settings) }
        let kind: ImageSetKind
        switch settings.set {
        case .shapes: return ShapesWorld(settings)
        case .imageFolder: kind = .imageFolder
        case .cifar10: kind = .cifar10
        case .cifar100: kind = .cifar100
        case .idx: kind = .idx
        case .domains: kind = .domains
        case .leaf: kind = .leaf
        default: preconditionFailure("a valid scenario names the unknown set \(settings.set.rawValue)")
        }
        return kind.source(
            at: UserPath.expanded(settings.path ?? ""),
            classes: settings.classes.isEmpty ? nil : settings.classes,
            names: settings.classNames?.given, testFraction: settings.testFraction,
            owners: settings.owners.given, isCoarse: settings.labels == .coarse)
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
        /// The version of the hashes; `nil` for the first.
        let identities: Int?
        /// Test images of each owner; `nil` where they have none.
        let testOwners: [Int]?

        enum CodingKeys: String, CodingKey {
            case train, testCount, testSHA256, skippedCount, skippedText, identities, testOwners
        }
    }

    /// What the log keeps.
    func input(for settings: ImagesKey) -> RunInput {
        let facts = Facts(
            train: train, testCount: testCount, testSHA256: testSHA256, skippedCount: skippedCount,
            skippedText: skippedText, identities: identities == .first ? nil : identities.number,
            testOwners: testOwnerCounts)
        return RunInput(
            kind: .images, settings: settings.text,
            sha256: CanonicalText.sha256(
                kind: "images", version: 2, Identity(train: trainSHA256, test: testSHA256)),
            facts: RunInput.text(of: facts))
    }

    /// What identifies the images of a run.
    private struct Identity: Encodable {
        let train: String
        let test: String

        enum CodingKeys: String, CodingKey { case train, test }
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
