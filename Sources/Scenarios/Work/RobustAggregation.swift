import Models
import RunLog

/// Combines model states by a rule that some of them cannot lead astray.
package struct RobustAggregation: Work {
    package typealias Output = CombinedModel
    package static let activity = WorkKind.combine
    package static let makesModel = true

    let model: ClassifierReference
    let states: [StoredBytes]
    /// The model that each state was made of.
    let bases: [StoredBytes]
    let rule: RobustRule
    /// Whether a state counts by its number of images where the rule takes a mean.
    let bySamples: Bool
    /// Which tensors the states have.
    let scope: StateScope

    private enum CodingKeys: String, CodingKey {
        case model, states, bases, rule, bySamples = "by_samples", scope
    }

    /// - Precondition: there is a state, and a base for each.
    package init(
        _ model: ClassifierReference, of states: [StoredBytes], from bases: [StoredBytes],
        by rule: RobustRule, bySamples: Bool, scope: StateScope = .whole
    ) {
        precondition(
            !states.isEmpty && states.count == bases.count, "a combination of \(states.count) models")
        self.model = model
        self.states = states
        self.bases = bases
        self.rule = rule
        self.bySamples = bySamples
        self.scope = scope
    }

    package var inputs: [StoredBytes] { states + bases }

    /// For each weight: the distances of all pairs, the sorting of a column, or a few passes.
    package func cost(_ facts: WorkFacts) -> Double {
        let count = Double(states.count)
        let passes =
            switch rule {
            case .krum: 1.5 * count * count
            case .median, .trimmedMean, .outlierFilter: 4 * count * max(1, count.logarithm)
            case .normClipping: 7 * count
            }
        return passes * Double(model.parameterCount)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> CombinedModel? {
        CombinedModel(
            state: ModelState(
                bytes: .absent(count: facts.sizes.bytes(of: model, scope), key: key), samples: 0),
            kept: Array(states.indices))
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<CombinedModel> {
        let files = try states.map(environment.load)
        let counts = try files.map {
            try SafetensorsFile(bytes: $0).metadata["samples"].flatMap { Int($0) } ?? 1
        }
        let samples = counts.reduce(0, +)
        let weights = counts.map { bySamples && samples > 0 ? Double($0) : 1 }
        let (combined, kept) = rule.combine(
            try files.map { try ModelVector(decoding: $0) },
            bases: try bases.map { try ModelVector(decoding: environment.load($0)) }, weights: weights)
        let state = try ModelState(storing: combined.encoded(), in: environment.blobs, samples: samples)
        return WorkOutcome(output: CombinedModel(state: state, kept: kept), sha256: state.bytes.sha256)
    }
}

extension Double {
    /// To the base 2.
    fileprivate var logarithm: Double { Double(exponent) + 1 }
}

/// A model made of others, and which of them went into it.
package struct CombinedModel: RecordableOutput {
    package var state: ModelState
    /// The places of those states, ascending.
    package let kept: [Int]

    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        var fields = state.fields
        fields["kept"] = .list(kept.map { .integer($0) })
        return fields
    }

    package var notANumber: NotANumber? { state.notANumber }
    package var states: [StoredBytes] { state.states }

    init(state: ModelState, kept: [Int]) {
        self.state = state
        self.kept = kept
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let state = ModelState(record: record, blobs: blobs),
            let kept = record.fields["kept"]?.list(of: \.wholeNumber)
        else { return nil }
        self.state = state
        self.kept = kept
    }
}

/// `{"name":"krum","attackers":1,"keep":3}`: a rule by its name, with its numbers.
extension RobustRule: Codable {
    private enum CodingKeys: String, CodingKey { case name, trim, attackers, keep, limit, deviations }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(String.self, forKey: .name) {
        case "median": self = .median
        case "trimmed-mean": self = .trimmedMean(trim: try container.decode(Int.self, forKey: .trim))
        case "krum":
            self = .krum(
                attackers: try container.decode(Int.self, forKey: .attackers),
                keep: try container.decode(Int.self, forKey: .keep))
        case "norm-clipping":
            self = .normClipping(limit: try container.decodeIfPresent(Double.self, forKey: .limit))
        case "outlier-filter":
            self = .outlierFilter(deviations: try container.decode(Double.self, forKey: .deviations))
        case let name:
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: container, debugDescription: "no rule \(name)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .median:
            try container.encode("median", forKey: .name)
        case .trimmedMean(let trim):
            try container.encode("trimmed-mean", forKey: .name)
            try container.encode(trim, forKey: .trim)
        case .krum(let attackers, let keep):
            try container.encode("krum", forKey: .name)
            try container.encode(attackers, forKey: .attackers)
            try container.encode(keep, forKey: .keep)
        case .normClipping(let limit):
            try container.encode("norm-clipping", forKey: .name)
            try container.encodeIfPresent(limit, forKey: .limit)
        case .outlierFilter(let deviations):
            try container.encode("outlier-filter", forKey: .name)
            try container.encode(deviations, forKey: .deviations)
        }
    }
}
