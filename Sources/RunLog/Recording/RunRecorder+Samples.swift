import Foundation
import GRDB

extension RunRecorder {
    /// Notes which set of images the run works with, and keeps a few of them. They are no part of the run's
    /// rows and of its hash, and nothing that is computed depends on them.
    ///
    /// - Parameters:
    ///   - source: where the images come from; `nil` for a choice from several sets, of which nothing but the
    ///     images is noted.
    ///   - sha256: hash of the whole set; of a set that the file knows, no further images are kept.
    ///   - former: the hash that version 0.1 had for it; a file that knows the set by that keeps doing so.
    ///   - images: asked for where the set is new; without any, nothing is noted.
    /// - Throws: `RunLogError`; what `images` throws.
    public func samples(
        _ source: ImageSource?, ofSet sha256: String, formerly former: String? = nil,
        _ images: () throws -> [SampleImage]
    ) throws {
        // Who only compares rows writes nothing.
        guard let log else { return }
        func isKnown(_ sha256: String) throws -> Bool {
            try translatingErrors(path: path) {
                try log.pool.read { database in
                    try Bool.fetchOne(
                        database, sql: "SELECT EXISTS (SELECT 1 FROM sample_image WHERE set_sha256 = ?)",
                        arguments: [sha256]) ?? false
                }
            }
        }
        let isKnownFormerly = try former.map(isKnown) ?? false
        let sha256 = isKnownFormerly ? former ?? sha256 : sha256
        let isKnown = try isKnownFormerly || isKnown(sha256)
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
