import Foundation
import RunLog

/// Synthetic images beside real ones, class by class. Its properties are the names in `sheet.mustache`.
struct ImageSheet {
    /// A picture with what it shows.
    struct Cell {
        /// A data URL.
        let source: String
        /// For those who cannot see it.
        let text: String
        /// What the pointer tells.
        let tip: String
    }

    /// A class.
    struct Row {
        let name: String
        let synthetic: [Cell]
        let real: [Cell]
    }

    /// A line of the data table: source, class, images, bytes.
    struct Count {
        let cells: [String]
    }

    let id: String
    let caption: String
    let rows: [Row]
    let sql: String
    let counts: [Count]

    /// The sheet of the first run of a variant that has images; `nil` where none has, or where they would
    /// take more than `room` bytes of the page.
    ///
    /// - Parameter room: what is left is left there.
    /// - Throws: `RunLogError`.
    init?(_ source: ReportSource, room: inout Int) throws {
        var found: (run: Int64, sets: [ImageSource: String])?
        for run in source.methods.compactMap({ source.firstRuns[$0] }) where found == nil {
            let sets = try source.reader.imageSets(run: run)
            if sets[.synthetic] != nil { found = (run, sets) }
        }
        guard let (run, sets) = found else { return nil }
        let synthetic = try source.reader.samples(ofSet: sets[.synthetic] ?? "")
        let real = try source.reader.samples(ofSet: sets[.real] ?? "")
        let bytes = (synthetic + real).reduce(0) { $0 + $1.jpeg.count * 4 / 3 + 200 }
        guard bytes <= room, !synthetic.isEmpty else { return nil }
        room -= bytes
        id = "\(source.id)-images"
        rows = Self.rows(synthetic, real)
        sql = """
            SELECT source, class, count(*) AS images, sum(length(jpeg)) AS bytes
            FROM run_images JOIN sample_image USING (set_sha256)
            WHERE run_id = \(run) GROUP BY source, label ORDER BY label, source
            """
        counts = try source.reader.query(sql).rows.map { row in
            Count(cells: row.map { $0.description ?? "" })
        }
        caption =
            "The first synthetic images of run \(run), and private images of the clients, which the server "
            + "has not seen. A few of each class, chosen by their place in the set, not by quality."
    }

    private static func rows(_ synthetic: [SampleImage], _ real: [SampleImage]) -> [Row] {
        var names: [Int: String] = [:]
        for image in synthetic + real { names[image.label] = image.className }
        return names.sorted { $0.key < $1.key }.map { label, name in
            Row(
                name: name, synthetic: cells(synthetic.filter { $0.label == label }, "synthetic"),
                real: cells(real.filter { $0.label == label }, "real"))
        }
    }

    private static func cells(_ images: [SampleImage], _ kind: String) -> [Cell] {
        images.map { image in
            Cell(
                source: "data:image/jpeg;base64,\(Data(image.jpeg).base64EncodedString())",
                text: "\(kind) \(image.className)",
                tip: "\(kind) · \(image.caption ?? image.className)")
        }
    }
}
