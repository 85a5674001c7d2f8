import Core
import Foundation
import Models
import RunLog

/// The synthetic images of a run that come nearest to private ones, each with its nearest private images, as
/// `evaluation.retrieval` has kept them in the file.
public struct RetrievalSheet: Sendable {
    /// A synthetic image and what it looks like.
    struct Row: Sendable {
        /// The synthetic image.
        let synthetic: SampleImage
        /// The nearest private images, the nearest first.
        let nearest: [SampleImage]
        /// Their cosine similarities.
        let similarities: [Double]
    }

    /// The run.
    public let run: RunSummary
    let rows: [Row]
    /// The metrics of the split `retrieval`.
    let metrics: [MetricName: Double]

    /// Reads a run of a file.
    ///
    /// - Parameters:
    ///   - path: the results file.
    ///   - runID: the run; without one, the first that has such images.
    /// - Throws: `RunLogError`; `FederationError.nothingRetrieved`.
    public init(path: String, runID: Int64? = nil) throws {
        let reader = try RunLogReader(path: path)
        let runs = try runID.map { [try reader.run($0)] } ?? reader.runs()
        for run in runs {
            let rows = try Self.rows(of: run.runID, in: reader)
            guard !rows.isEmpty else { continue }
            self.run = run
            self.rows = rows
            metrics = try Self.metrics(of: run.runID, in: reader)
            return
        }
        throw FederationError.nothingRetrieved(path: path, runID: runID)
    }

    private static func rows(of runID: Int64, in reader: RunLogReader) throws -> [Row] {
        let work = try reader.query(
            """
            SELECT output_sha256 FROM work WHERE run_id = ? AND kind = \(WorkKind.retrieve.sql)
            ORDER BY work_id DESC LIMIT 1
            """, [.integer(Int(runID))])
        guard let sha256 = work.rows.first?.first?.text else { return [] }
        var rows: [Row] = [], group: [SampleImage] = []
        func close() {
            guard let first = group.first else { return }
            let nearest = Array(group.dropFirst())
            rows.append(
                Row(
                    synthetic: first, nearest: nearest,
                    similarities: nearest.map { $0.caption.flatMap(Double.init) ?? 0 }))
            group = []
        }
        // A class has one synthetic image, which comes first.
        for image in try reader.samples(ofSet: sha256) {
            if let first = group.first, first.label != image.label { close() }
            group.append(image)
        }
        close()
        return rows
    }

    private static func metrics(of runID: Int64, in reader: RunLogReader) throws -> [MetricName: Double] {
        var metrics: [MetricName: Double] = [:]
        let answer = try reader.query(
            "SELECT name, value FROM metric WHERE run_id = ? AND split = \(MetricSplit.retrieval.sql)",
            [.integer(Int(runID))])
        for row in answer.rows {
            guard let name = row[0].text, let value = row[1].number else { continue }
            metrics[MetricName(rawValue: name)] = value
        }
        return metrics
    }

    /// The images in rows: a synthetic one, then its nearest private ones.
    ///
    /// - Throws: `ImageCodecError` where a kept image is damaged.
    public func picture() throws -> RGBImage {
        let codec = ImageCodec()
        let images = try rows.flatMap { row in
            try ([row.synthetic] + row.nearest).map { try codec.decode($0.jpeg) }
        }
        let side = images.map(\.width).max() ?? 1
        let pixels = images.flatMap { Resize.planarSquare($0, side: side) }
        return ContactSheet.image(
            pixels: pixels, side: side, columns: 1 + (rows.map(\.nearest.count).max() ?? 0),
            scale: max(1, 64 / side))
    }

    /// What the picture shows, a line a row, and how often near copies were found.
    public var text: String {
        // Every row has as many neighbours in a file of ours: two, or as many private images as there are.
        let most = rows.map(\.similarities.count).max() ?? 0
        let header = ["class"] + (0..<most).map { "similarity \($0 + 1)" }
        let table = rows.map { row in
            [TerminalText.line(row.synthetic.className, limit: 80)]
                + row.similarities.map { String(format: "%.4f", $0) }
                + Array(repeating: "", count: most - row.similarities.count)
        }
        func figure(_ name: MetricName) -> String { metrics[name].map(Format.significant) ?? "–" }
        func made(_ name: RetrievalFigure) -> String { figure(.retrieval(name, ofControl: false)) }
        func control(_ name: RetrievalFigure) -> String { figure(.retrieval(name, ofControl: true)) }
        return """
            run \(run.runID), \(TerminalText.line(run.name, limit: 200)), \
            \(TerminalText.line(run.method, limit: 80)), seed \(run.seed)
            \(TextTable.aligned([header] + table))\
            near copies, cosine similarity of at least \(figure(.threshold)): \(made(.nearCopies)) of \
            \(made(.images)) synthetic images, and \(control(.nearCopies)) of \
            \(control(.images)) test images, which nobody has copied
            mean similarity to the nearest private image: \(made(.meanSimilarity)); of test images: \
            \(control(.meanSimilarity))

            """
    }
}
