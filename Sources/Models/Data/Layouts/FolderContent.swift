/// What folders of a data set hold.
public enum FolderContent: Sendable, Hashable {
    /// A folder of images for each class.
    case classFolders
    /// A folder of class folders for each domain.
    case domains

    var words: String {
        switch self {
        case .classFolders: "class folders"
        case .domains: "folders of domains"
        }
    }
}
