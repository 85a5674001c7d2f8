/// The files that the reader of a data set left out because of what they are, by reason.
public struct LeftOutFiles: Sendable, Hashable {
    /// Why a file is left out.
    public enum Reason: Sendable, Hashable {
        /// An image in a format that is not read, by the ending of its name.
        case format(String)
        /// Called like an image but no file, in words: "a folder", "a named pipe".
        case notAFile(String)
        /// An image in a sub-folder of its class, which is not entered.
        case subfolder
        /// An image without a label.
        case unlabelled
        /// A training image without an owner, where a file says whose images are.
        case unowned
        /// What another program has left behind, such as `.DS_Store`.
        case leftover
        /// Anything else, such as notes.
        case other

        /// Whether images are lost: a warning, and in strict mode an error.
        var losesImages: Bool { self != .leftover && self != .other }
    }

    /// The files with one reason.
    public struct Group: Sendable, Hashable {
        /// The reason.
        public let reason: Reason
        /// How many there are.
        public fileprivate(set) var count: Int
        /// The path of the first of them.
        public let example: String
    }

    /// The files by reason, in the order in which the reasons came up.
    public private(set) var groups: [Group] = []

    /// Makes an empty list.
    public init() {}

    /// Adds files.
    mutating func add(_ reason: Reason, _ path: String, count: Int = 1) {
        if let index = groups.firstIndex(where: { $0.reason == reason }) {
            groups[index].count += count
        } else {
            groups.append(Group(reason: reason, count: count, example: path))
        }
    }

    /// Adds the files of another list.
    mutating func add(_ other: LeftOutFiles) {
        for group in other.groups { add(group.reason, group.example, count: group.count) }
    }

    /// The groups of which images are lost.
    var lost: [Group] { groups.filter(\.reason.losesImages) }

    /// How many images are lost.
    public var lostCount: Int { lost.reduce(0) { $0 + $1.count } }

    /// One line about the images that are lost.
    public var sentence: String { Self.sentence(lost) }

    /// Throws `DataError.leftOut` when images are lost and `options` are strict.
    func check(_ options: ImageLoadOptions) throws(DataError) {
        if options.isStrict, lostCount > 0 { throw .leftOut(lost) }
    }

    /// What is said about them.
    var notices: [DataNotice] {
        var notices: [DataNotice] = []
        if lostCount > 0 { notices.append(.imagesLeftOut(lost)) }
        for group in groups where !group.reason.losesImages {
            notices.append(group.reason == .leftover ? .leftovers(group) : .otherFiles(group))
        }
        return notices
    }
}
