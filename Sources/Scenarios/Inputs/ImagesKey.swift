import Models

/// Which images a run loads, as far as its scenario says it: what runs share them by, and as canonical text
/// what the column `input.settings` says.
struct ImagesKey: Hashable {
    let data: Scenario.Data
    /// Whether labels suffice.
    let labelsOnly: Bool

    /// A JSON object with the keys of the section `data` that decide what is loaded; those that have no value
    /// are left out.
    var text: String {
        CanonicalText.of(
            Identity(
                set: data.set.rawValue, path: data.path, classes: data.classes.isEmpty ? nil : data.classes,
                side: data.side, trainPerClass: data.trainPerClass, testPerClass: data.testPerClass,
                strict: data.strict ? true : nil, styles: data.styles?.map(\.name),
                names: data.classNames?.table, namesFile: data.classNames?.file,
                testFraction: data.testFraction,
                labels: data.labels?.rawValue, owners: Owners(data.owners),
                labelsOnly: labelsOnly ? true : nil))
    }

    /// The name of a class.
    struct Name: Encodable {
        let id: String
        let name: String

        enum CodingKeys: String, CodingKey { case id, name }
    }

    /// Whose the images are.
    private struct Owners: Encodable {
        let file: String
        let testFile: String?
        let columns: [String]

        enum CodingKeys: String, CodingKey { case file, testFile = "test-file", columns }

        /// Nil where no file says it.
        init?(_ owners: Scenario.Owners) {
            guard let path = owners.file, let file = owners.given else { return nil }
            self.file = path
            testFile = owners.testFile
            columns = [file.pathColumn, file.ownerColumn] + (file.labelColumn.map { [$0] } ?? [])
        }
    }

    private struct Identity: Encodable {
        let set: String
        let path: String?
        let classes: [String]?
        let side: Int
        let trainPerClass: Int?
        let testPerClass: Int?
        let strict: Bool?
        let styles: [String]?
        let names: [Name]?
        let namesFile: String?
        let testFraction: Double?
        let labels: String?
        let owners: Owners?
        let labelsOnly: Bool?

        enum CodingKeys: String, CodingKey {
            case set, path, classes, side, strict, styles, labels, owners, names = "class-names"
            case trainPerClass = "train-per-class", testPerClass = "test-per-class"
            case namesFile = "class-names-file", testFraction = "test-fraction", labelsOnly = "labels-only"
        }
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

extension Scenario.ClassNames {
    /// The names that the scenario gives, in its order.
    fileprivate var table: [ImagesKey.Name]? {
        if case .table(let names) = self {
            names.map { ImagesKey.Name(id: $0.id, name: $0.name) }
        } else {
            nil
        }
    }

    /// The file that it names.
    fileprivate var file: String? { if case .file(let path) = self { path } else { nil } }
}
