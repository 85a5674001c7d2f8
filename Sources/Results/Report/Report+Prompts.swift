import Core
import Foundation
import RunLog

extension Report {
    private static let mostPrompts = 40

    /// What the clients of a variant sent; `nil` where they sent no prompts.
    func prompts(_ source: ReportSource) throws -> ReportPage.Prompts? {
        guard let run = try runWithPrompts(among: source.methods.compactMap { source.firstRuns[$0] }) else {
            return nil
        }
        let rows = try reader.query(
            """
            SELECT coalesce(class, prompt.label), text, count(DISTINCT prompt.client_id) AS clients
            FROM prompt LEFT JOIN (
                SELECT DISTINCT label, class FROM label_count WHERE run_id = \(run)) AS name USING (label)
            WHERE run_id = \(run) GROUP BY prompt.label, text ORDER BY prompt.label, text
            """
        ).rows
        let shown = rows.prefix(Self.mostPrompts).map { row in
            ReportPage.PromptLine(
                label: row[0].description ?? "", text: row[1].text ?? "",
                clients: Format.grouped(row[2].integer ?? 0))
        }
        let rest = rows.count - shown.count
        return ReportPage.Prompts(
            caption: "\(Format.grouped(rows.count)) different prompts in run \(run)"
                + (rest > 0 ? ", the first \(shown.count) of them." : "."), rows: shown)
    }

    private func runWithPrompts(among runs: [Int64]) throws -> Int64? {
        try runs.first { run in
            try !reader.query("SELECT 1 FROM prompt WHERE run_id = \(run) LIMIT 1").rows.isEmpty
        }
    }

    /// What is said above the pictures, or in their place.
    func imagesCaption(_ runs: [RunSummary]) throws -> String {
        if hasImages {
            return
                "Contact sheets from files beside the results; they are not part of the log and its hashes."
        }
        guard try runWithPrompts(among: runs.map(\.runID)) != nil else {
            return "No client sent prompts, so nothing was synthesized."
        }
        return
            "The log has prompts, hashes and a few images of each class. For more images, run the command "
            + "below and make the report again: it embeds the pictures of that folder."
    }

    /// The command that draws the first prompts of the file, with the model that `synthesize` has by default.
    func imagesCommand(_ runs: [RunSummary]) throws -> String? {
        guard let run = try runWithPrompts(among: runs.map(\.runID)) else { return nil }
        let texts = try reader.query(
            "SELECT DISTINCT text FROM prompt WHERE run_id = \(run) ORDER BY label, text LIMIT 10"
        ).rows.compactMap { $0[0].text }
        let prompts = texts.map(ShellWord.quoted).joined(separator: " ")
        let sheet = ShellWord.quoted("\(Self.imageFolder(forResults: reader.path))/synthetic.png")
        return "fgl-sim synthesize \(prompts) --count 12 --output \(sheet)"
    }

    private var hasImages: Bool { imageCount > 0 }

    /// The folder whose pictures a report embeds by default: `results/x-images` for `results/x.sqlite`.
    public static func imageFolder(forResults path: String) -> String {
        let stem = path.hasSuffix(".sqlite") ? String(path.dropLast(7)) : path
        return stem + "-images"
    }
}
