/// Where the images of a set come from.
public enum ImageSource: String, Sendable, Hashable, CaseIterable {
    /// The clients' private images.
    case real
    /// Made by the server from descriptions.
    case synthetic
}

extension ImageSource: LogWord {
    public static var all: [Self] { allCases }

    public var meaning: String {
        switch self {
        case .real: "The clients' private images."
        case .synthetic: "Made by the server from descriptions."
        }
    }
}
