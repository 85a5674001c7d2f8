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
    /// The column of the images' class folders, which are compared; nil for none.
    public let labelColumn: String?

    /// Describes a file; nothing is read.
    public init(
        path: String, pathColumn: String? = nil, ownerColumn: String? = nil, labelColumn: String? = nil
    ) {
        self.path = path
        self.pathColumn = pathColumn ?? Self.defaultColumns.path
        self.ownerColumn = ownerColumn ?? Self.defaultColumns.owner
        self.labelColumn = labelColumn
    }
}
