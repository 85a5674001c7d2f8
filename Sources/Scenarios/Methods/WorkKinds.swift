import RunLog

/// The kinds of work.
package enum WorkKinds {
    /// Those of the federation; those of single methods are in `FederatedMethods.works`.
    private static let common: [any Work.Type] = [
        Initialization.self, Training.self, Averaging.self, Mixing.self, Evaluation.self,
        ClassDescription.self, Captioning.self, PromptEncoding.self, WordLearning.self,
        Synthesis.self, SetReading.self, MembershipTest.self, RetrievalTest.self,
        Privatization.self, Noising.self, UpdateCompression.self, UpdateDecompression.self,
        RobustAggregation.self, Poisoning.self, AttackTest.self, PromptAgreement.self,
        PartEvaluation.self, OwnerEvaluation.self,
    ]

    /// All of them.
    package static var all: [any Work.Type] { common + FederatedMethods.works }

    /// What the log calls them, in the order of `all`, each once.
    package static var activities: [WorkKind] {
        all.map { $0.activity }.reduce(into: []) { kinds, kind in
            if !kinds.contains(kind) { kinds.append(kind) }
        }
    }

    /// The kind of a name.
    static func named(_ kind: String) -> (any Work.Type)? { all.first { $0.kind == kind } }
}

extension WorkNature {
    /// That of a kind of work; `.weights` of one that this program does not have.
    package init(_ kind: WorkKind) { self = Self.known[kind.rawValue] ?? .weights }

    /// Types of one kind agree.
    private static let known = Dictionary(
        WorkKinds.all.map { ($0.activity.rawValue, $0.nature) }, uniquingKeysWith: { first, _ in first })
}

extension WorkMessage {
    /// The work.
    ///
    /// - Throws: `FederationError.foreignWork` where it is of an unknown kind or version, or no such text.
    package func work() throws -> any Work {
        guard let header = try? CanonicalText.decode(Header.self, from: text) else {
            throw FederationError.foreignWork(reason: "it is no message of work")
        }
        guard let type = WorkKinds.named(header.kind) else {
            throw FederationError.foreignWork(reason: "no kind of work is called '\(header.kind)'")
        }
        guard header.version == type.version else {
            throw FederationError.foreignWork(
                reason:
                    "'\(header.kind)' is of version \(header.version), "
                    + "this program has version \(type.version)"
            )
        }
        return try content(as: type)
    }

    private func content<Kind: Work>(as type: Kind.Type) throws -> Kind {
        do {
            return try CanonicalText.decode(Content<Kind>.self, from: text).content
        } catch {
            throw FederationError.foreignWork(reason: "the content of '\(Kind.kind)' is not as it should be")
        }
    }

    private struct Header: Decodable {
        let kind: String
        let version: Int
    }

    private struct Content<Kind: Work>: Decodable {
        let content: Kind
    }
}
