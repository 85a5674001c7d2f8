import Foundation

/// Small gray images with owners, as LEAF's JSON files or as the text of a CSV file.
public struct OwnedImages: Sendable {
    /// One image: a square of one gray level, but for its first pixel, which is black.
    public struct Image: Sendable, Hashable {
        /// The owner's name.
        public let owner: String
        /// Class.
        public let label: Int
        /// Gray level.
        public let gray: UInt8

        /// Gray bytes, row by row.
        public func bytes(side: Int) -> [UInt8] { [0] + [UInt8](repeating: gray, count: side * side - 1) }
    }

    /// The images, owner by owner.
    public let images: [Image]
    /// Width and height, in pixels.
    public let side: Int

    /// Image i of an owner is of class i mod `classes`; all images have different gray levels.
    ///
    /// - Precondition: there are at most 255 images.
    public init(
        _ owners: [(name: String, images: Int)], classes: Int = 2, side: Int = 8, firstGray: Int = 1
    ) {
        var images: [Image] = []
        for owner in owners {
            for index in 0..<owner.images {
                images.append(
                    Image(
                        owner: owner.name, label: index % classes, gray: UInt8(firstGray + images.count)))
            }
        }
        self.images = images
        self.side = side
    }

    /// One file of LEAF's with these owners; nil takes all.
    public func json(_ owners: [String]? = nil) -> String {
        let names = owners ?? images.map(\.owner).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        let own = names.map { name in images.filter { $0.owner == name } }
        func list(_ items: [String]) -> String { "[" + items.joined(separator: ", ") + "]" }
        let data = zip(names, own).map { name, images in
            let pixels = images.map { list($0.bytes(side: side).map { "\(Double($0) / 255)" }) }
            return "\"\(name)\": {\"x\": \(list(pixels)), \"y\": \(list(images.map { "\($0.label)" }))}"
        }
        return "{\"users\": \(list(names.map { "\"\($0)\"" })), "
            + "\"num_samples\": \(list(own.map { "\($0.count)" })), "
            + "\"user_data\": {\(data.joined(separator: ", "))}}"
    }

    /// Writes files, and the folders they stand in, into a folder.
    public static func write(_ files: [String: String], to folder: String) throws {
        for (name, text) in files {
            let file = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }
}
