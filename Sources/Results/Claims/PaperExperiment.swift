/// An experiment of the paper, or one that its reviewers asked for: the scenario that repeats it, what the
/// paper found, and what is claimed.
public struct PaperExperiment: Sendable {
    /// The scenario's name, and that of its file in `scenarios/paper`.
    public let name: String
    /// What is looked at.
    public let title: String
    /// Where the paper's figures are from, and in what its experiment is another one than ours.
    public let source: String
    /// The figures beside one another.
    public let terms: [Term]
    public let claims: [Claim]

    public init(name: String, title: String, source: String, terms: [Term], claims: [Claim]) {
        self.name = name
        self.title = title
        self.source = source
        self.terms = terms
        self.claims = claims
    }
}

/// The experiments; their data are in `PaperExperiments+….swift`.
///
/// The paper's figures are those printed in arXiv 2306.16064. Values that it only plots have a dash in the
/// tables.
public enum PaperExperiments {
    /// All experiments, in the order in which `make results` runs them.
    public static let all: [PaperExperiment] =
        table1 + [
            table2, figure1, figure4a, figure4b, figure5, table3, figure7, clients, unseenData, foundations,
            compression,
        ]

    /// Where the paper's figures are from.
    static let paper = "The paper: arXiv 2306.16064"
}
