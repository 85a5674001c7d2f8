/// A CSV file that says whose the images of a data set are, and the columns that are read of it.
public struct OwnerFile: Sendable, Hashable {
    /// The columns of FedScale's mapping, `client_id,sample_path,label_name,label_id`: where a scenario names
    /// none.
    public static let defaultColumns = (path: "sample_path", owner: "client_id")

    /// The file.
    public let path: String
    /// The column of the images' paths.
    public let pathColumn: String
    /// The column of the owners.
    public let ownerColumn: String
    /// The column of the images' classes; with it, the file lists the images, and class folders do not count.
    public let labelColumn: String?
    /// Such a file of the test images; nil where this one has them, or nothing says whose they are.
    public let testPath: String?

    /// Describes a file; nothing is read.
    public init(
        path: String, pathColumn: String? = nil, ownerColumn: String? = nil, labelColumn: String? = nil,
        testPath: String? = nil
    ) {
        self.path = path
        self.pathColumn = pathColumn ?? Self.defaultColumns.path
        self.ownerColumn = ownerColumn ?? Self.defaultColumns.owner
        self.labelColumn = labelColumn
        self.testPath = testPath
    }

    /// The file of the test images, with the same columns.
    var test: OwnerFile? {
        testPath.map {
            OwnerFile(
                path: $0, pathColumn: pathColumn, ownerColumn: ownerColumn, labelColumn: labelColumn)
        }
    }
}
