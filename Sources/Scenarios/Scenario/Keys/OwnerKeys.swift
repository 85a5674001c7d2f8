import Models

// The section `data.owners`.

extension ScenarioKeys {
    static let owners = [
        ScenarioKey(
            "data.owners.file", optional: \.data.owners.file, .path("a CSV file with a header"),
            absent: "the images have no owners; those of leaf have",
            "Whose the images of image-folder and domains are, for data.partition.kind: natural: a row an "
                + "image, FedScale's mapping or other columns (docs/tutorial.md)."),
        ScenarioKey(
            "data.owners.test-file", optional: \.data.owners.testFile, .path("a CSV file with a header"),
            absent: "rows of data.owners.file that name test images",
            "Whose the test images are, in the same columns."),
        column(
            "path-column", \.data.owners.pathColumn, absent: OwnerFile.defaultColumns.path,
            "The column of the images' paths, relative to data.path or to its folder of training images."),
        column(
            "client-column", \.data.owners.clientColumn, absent: OwnerFile.defaultColumns.owner,
            "The column of the owners, any text."),
        column(
            "label-column", \.data.owners.labelColumn, absent: "class folders",
            "The column of the classes: the file then lists the images of image-folder, which need no class "
                + "folders."),
    ]

    private static func column(
        _ name: String, _ keyPath: WritableKeyPath<Scenario, String?> & Sendable, absent: String,
        _ documentation: String
    ) -> ScenarioKey {
        ScenarioKey(
            "data.owners.\(name)", optional: keyPath,
            .text("the name of a column on one line of at most 200 characters", where: \.isOneLine),
            absent: absent, documentation)
    }
}

extension Scenario.Owners {
    /// The file as readers of data sets take it; nil where there is none.
    var given: OwnerFile? {
        file.map {
            OwnerFile(
                path: UserPath.expanded($0), pathColumn: pathColumn, ownerColumn: clientColumn,
                labelColumn: labelColumn, testPath: testFile.map { UserPath.expanded($0) })
        }
    }
}

extension ScenarioReader {
    /// Reports keys about owners that do not go with the data set, and natural clients of images that have no
    /// owners.
    mutating func checkOwners(of data: Scenario.Data) {
        let others = [
            ("path-column", data.owners.pathColumn), ("client-column", data.owners.clientColumn),
            ("label-column", data.owners.labelColumn), ("test-file", data.owners.testFile),
        ]
        let isBuiltIn = Scenario.DataSet.builtIn.contains(data.set)
        if let file = data.owners.file {
            if isBuiltIn, ![.imageFolder, .domains].contains(data.set) {
                reportConflict(
                    shortened(file), with: "data.set: \(data.set.rawValue)",
                    allowed: "no value, or data.set: image-folder, domains"
                        + (data.set == .leaf ? ": leaf has owners of its own" : ""),
                    at: "data.owners.file")
            }
            if let column = data.owners.labelColumn, data.set == .domains {
                reportConflict(
                    shortened(column), with: "data.set: domains",
                    allowed: "no value, or data.set: image-folder", at: "data.owners.label-column")
            }
        } else if let (name, _) = others.first(where: { $0.1 != nil }) {
            let key = "data.owners.\(name)"
            report(.missingFor(key), at: "data.owners.file", causedBy: culprit(key))
        }
        if data.partition.kind == .natural, isBuiltIn, data.set != .leaf, data.owners.file == nil {
            let key = "data.partition.kind"
            report(.partitionNeedsOwners(set: data.set.rawValue), at: key, causedBy: culprit(key))
        }
    }
}
