import Foundation
import GRDB

/// Where the images of a set come from.
public enum ImageSource: String, Sendable, Hashable, CaseIterable {
    /// The clients' private images.
    case real
    /// Made by the server from descriptions.
    case synthetic
}

/// An image that stands for its class, for people to look at.
public struct SampleImage: Sendable, Hashable {
    /// The class's number.
    public let label: Int
    /// The class's name.
    public let className: String
    /// Its prompt or its true caption, where it has one.
    public let caption: String?
    /// A JPEG file's bytes.
    public let jpeg: [UInt8]

    /// An image with what is known of it.
    public init(label: Int, className: String, caption: String?, jpeg: [UInt8]) {
        self.label = label
        self.className = className
        self.caption = caption
        self.jpeg = jpeg
    }
}

extension RunRecorder {
    /// Notes which set of images the run works with, and keeps a few of them. They are no part of the run's
    /// rows and of its hash, and nothing that is computed depends on them.
    ///
    /// - Parameters:
    ///   - source: where the images come from; `nil` for a choice from several sets, of which nothing but the
    ///     images is noted.
    ///   - sha256: hash of the whole set; of a set that the file knows, no further images are kept.
    ///   - images: asked for where the set is new; without any, nothing is noted.
    /// - Throws: `RunLogError`; what `images` throws.
    public func samples(
        _ source: ImageSource?, ofSet sha256: String, _ images: () throws -> [SampleImage]
    ) throws {
        // Who only compares rows writes nothing.
        guard let log else { return }
        let isKnown = try translatingErrors(path: path) {
            try log.pool.read { database in
                try Bool.fetchOne(
                    database, sql: "SELECT EXISTS (SELECT 1 FROM sample_image WHERE set_sha256 = ?)",
                    arguments: [sha256]) ?? false
            }
        }
        let images = isKnown ? [] : try images()
        guard isKnown || !images.isEmpty else { return }
        try translatingErrors(path: path) {
            try log.pool.write { database in
                var positions: [Int: Int] = [:]
                for image in images {
                    let position = positions[image.label, default: 0]
                    positions[image.label] = position + 1
                    try database.execute(
                        sql: "INSERT OR IGNORE INTO sample_image VALUES (?, ?, ?, ?, ?, ?)",
                        arguments: [
                            sha256, image.label, position, image.className, image.caption, Data(image.jpeg),
                        ])
                }
                guard let source else { return }
                try database.execute(
                    sql: "INSERT OR REPLACE INTO run_images VALUES (?, ?, ?)",
                    arguments: [runID, source.rawValue, sha256])
            }
        }
    }
}

extension RunLogReader {
    /// The hashes of the sets that a run worked with; none in a file of a version that noted none.
    ///
    /// - Throws: `RunLogError`.
    public func imageSets(run runID: Int64) throws -> [ImageSource: String] {
        let rows = try fetch("SELECT source, set_sha256 FROM run_images WHERE run_id = ?", [runID]) {
            columns in
            (try columns.cases() as ImageSource, try columns.text() as String)
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// The images that were kept of a set, by class.
    ///
    /// - Throws: `RunLogError`.
    public func samples(ofSet sha256: String) throws -> [SampleImage] {
        try fetch(
            """
            SELECT label, class, caption, jpeg FROM sample_image
            WHERE set_sha256 = ? ORDER BY label, position
            """, [sha256]
        ) { columns in
            SampleImage(
                label: try columns.integer(), className: try columns.text(), caption: try columns.text(),
                jpeg: try columns.blob())
        }
    }
}
