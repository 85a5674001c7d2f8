import Foundation

/// The paper's experiments checked on stored results: for the terminal, and as tables of a Markdown document.
public struct ClaimReport: Sendable {
    /// An experiment with what was found.
    struct Section: Sendable {
        let experiment: PaperExperiment
        /// What, the paper's figure, ours; a dash where there is none.
        let rows: [[String]]
        let outcomes: [Claim.Outcome]
    }

    let sections: [Section]

    /// Checks all claims.
    ///
    /// - Throws: `RunLogError`.
    public init(_ experiments: [PaperExperiment] = PaperExperiments.all, on results: StoredResults) throws {
        sections = try experiments.map { experiment in
            Section(
                experiment: experiment,
                rows: try experiment.terms.map {
                    [$0.label, $0.paper ?? "–", try results.text(of: $0) ?? "–"]
                },
                outcomes: try experiment.claims.map { try $0.check(on: results) })
        }
    }

    /// How many claims came to a verdict.
    public func count(of verdict: Claim.Verdict) -> Int {
        sections.flatMap(\.outcomes).count { $0.verdict == verdict }
    }

    private var summary: String {
        let parts = [
            "\(count(of: .holds)) hold", "\(count(of: .doesNotHold)) do not hold",
            "\(count(of: .notMeasured)) are not measured",
        ]
        return "\(sections.flatMap(\.outcomes).count) claims: \(parts.joined(separator: ", "))."
    }

    /// A paragraph a claim: the verdict, the claim, the paper's figures and ours.
    public var text: String {
        let claims = sections.map { section in
            let lines = section.outcomes.map { outcome in
                let verdict = outcome.verdict.rawValue
                return """
                      \(verdict)\(String(repeating: " ", count: 15 - verdict.count))\(outcome.claim.statement)
                                     paper: \(outcome.paper)
                                     ours:  \(outcome.ours)

                    """
            }
            return "\(section.experiment.name)\n\(lines.joined())"
        }
        return "\(claims.joined(separator: "\n"))\n\(summary)\n"
    }
}

// MARK: - Markdown

extension ClaimReport {
    /// A document with the tables of this report: what stands between its markers is written anew, all other
    /// text is kept; what it lacks comes at its end. Reasons why ours differs stand behind a table, written
    /// by hand.
    public func document(updating text: String) -> String {
        var document = replacing("summary", in: text, heading: "## The paper's claims", by: "\(summary)\n")
        for section in sections {
            document = replacing(
                section.experiment.name, in: document,
                heading: "### \(section.experiment.name)", by: section.markdown)
        }
        return document
    }

    private func replacing(_ name: String, in text: String, heading: String, by body: String) -> String {
        let begin = "<!-- claims \(name): written by fgl-sim claims -->",
            end = "<!-- end of claims \(name) -->"
        let block = "\(begin)\n\(body)\(end)"
        if let start = text.range(of: begin),
            let stop = text.range(of: end, range: start.upperBound..<text.endIndex)
        {
            return text.replacingCharacters(in: start.lowerBound..<stop.upperBound, with: block)
        }
        let separator = text.isEmpty ? "" : text.hasSuffix("\n\n") ? "" : text.hasSuffix("\n") ? "\n" : "\n\n"
        return "\(text)\(separator)\(heading)\n\n\(block)\n"
    }
}

extension ClaimReport.Section {
    /// What is looked at, the figures side by side, and the verdicts.
    var markdown: String {
        let figures = Self.table([["", "paper", "ours"]] + rows)
        let claims = Self.table(
            [["claim", "verdict", "paper", "ours"]]
                + outcomes.map { [$0.claim.statement, "**\($0.verdict.rawValue)**", $0.paper, $0.ours] })
        return "\(experiment.title). \(experiment.source)\n\n\(figures)\n\(claims)"
    }

    private static func table(_ rows: [[String]]) -> String {
        let lines = rows.map { "| \($0.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |\n" }
        let rule = "|\(String(repeating: "---|", count: rows[0].count))\n"
        return lines[0] + rule + lines.dropFirst().joined()
    }
}
