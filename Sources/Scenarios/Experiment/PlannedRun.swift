import RunLog
import Simulator

/// One run to be made: a method on a variant of a scenario with a seed.
public struct PlannedRun: Sendable {
    /// The scenario's name, and the variant's label where the scenario is a sweep.
    public let name: String
    /// The variant.
    public let scenario: Scenario
    /// The method.
    public let method: any FederatedMethod
    /// The root of its random streams.
    public let seed: UInt64
    /// Its place among the runs that were planned together.
    var place: PlanPosition?
    /// The run that was begun by an earlier process; `nil` for one that is to be begun.
    var runID: Int64?
    /// By which rules it is made.
    var rules = RunRules.current
    /// The version of its identities in the log.
    var identities = IdentityVersion.current

    /// The models that it opens.
    var modelNeeds: ModelNeeds {
        ModelNeeds(
            foundation: method.needsFoundation, captioner: method.needsCaptioner,
            adapterRank: method.adapterRank(in: scenario))
    }

    /// That its uploads are not compressed though the scenario asks for it; `nil` where they are, or none is
    /// asked for.
    var uncompressedUploads: String? {
        let form = scenario.compression
        guard let uploads = method.plainUploads, form.kind != .none || form.zstd else { return nil }
        let asked = form.kind == .none ? "compression.zstd: true" : "compression.kind: \(form.kind.rawValue)"
        return "\(method.name): \(asked) is for weights; this method's clients upload \(uploads), as they are"
    }

    /// That privacy is asked for and nothing of what its clients upload has any; `nil` where weights have, or
    /// none is asked for.
    var unprotectedUploads: String? {
        guard scenario.privacy.clip != nil, !method.trainsAtClients else { return nil }
        return "\(method.name): privacy.clip and privacy.noise are for weights, and its clients upload none: "
            + "no epsilon covers what they upload"
    }

    /// Lines about owners of images who are no clients, and about clients without test images of their own.
    func ownerNotes(_ holdings: ImageHoldings, _ data: FederatedData) -> [String] {
        let omission = holdings.natural?.omission(minimum: scenario.data.partition.minImages ?? 1)
        let asks = scenario.evaluation.clients == true && scenario.training.mode == .real
        let untested = asks ? ClientOwners(holdings, data: data)?.untestedNote : nil
        return [omission, untested].compactMap(\.self)
    }

    init(name: String, scenario: Scenario, method: any FederatedMethod, seed: UInt64) {
        self.name = name
        self.scenario = scenario
        self.method = method
        self.seed = seed
    }

    /// A run of a log by the rules it was made by, with keys overridden where something else is asked.
    ///
    /// - Throws: `ScenarioError` where an override is not valid; `FederationError.notReplayable` where this
    ///   version does not know the method, the scenario, the rules or the identities; `RunLogError`.
    init(
        _ run: RunSummary, in reader: RunLogReader, overrides: [String] = [],
        _ catalogue: Catalogue = .standard
    ) throws {
        try self.init(RunDescription(run), runID: run.runID, overrides: overrides, catalogue)
        try takeVersions(of: run.runID, in: reader)
        // A variation is a run of its own, and written anew.
        if !overrides.isEmpty { identities = .current }
    }

    /// A run of a plan: one that was begun by its rules, another by the present ones.
    ///
    /// - Throws: `FederationError.notReplayable` where this version does not know the method, the scenario or
    ///   the rules; `RunLogError`.
    init(_ row: PlannedRow, in reader: RunLogReader, _ catalogue: Catalogue = .standard) throws {
        try self.init(row.description, runID: row.runID ?? 0, overrides: [], catalogue)
        place = row.place
        runID = row.runID
        if let runID { try takeVersions(of: runID, in: reader) }
    }

    /// Takes the versions by which a run was recorded.
    private mutating func takeVersions(of runID: Int64, in reader: RunLogReader) throws {
        rules = try RunRules(recorded: reader.rules(run: runID), run: runID)
        identities = try IdentityVersion(recorded: reader.identities(run: runID), run: runID)
    }

    private init(
        _ run: RunDescription, runID: Int64, overrides: [String], _ catalogue: Catalogue
    ) throws {
        guard let method = catalogue.method(run.method) else {
            throw FederationError.notReplayable(runID: runID, reason: "unknown method '\(run.method)'")
        }
        var scenario = try Scenario.parse(
            run.scenario, file: "scenario of run \(runID)", overrides: overrides,
            catalogue: catalogue)
        guard !overrides.contains(where: { Override($0)?.keyPath == "methods" }) else {
            throw FederationError.notReplayable(
                runID: runID,
                reason: "a what-if has the method of its run, \(method.name); methods cannot be set")
        }
        guard scenario.sweep.isEmpty else {
            throw FederationError.notReplayable(runID: runID, reason: "a run cannot become a sweep")
        }
        // The name of a variant ends with its label.
        let label = run.name.hasPrefix(scenario.name) ? run.name : scenario.name
        if !overrides.contains(where: { Override($0)?.keyPath == "seed" }) { scenario.seed = run.seed }
        self.init(name: label, scenario: scenario, method: method, seed: scenario.seed)
    }

    /// The row of the run.
    func description(build: String) -> RunDescription {
        RunDescription(
            name: name, method: method.name, seed: seed, clients: scenario.clients,
            scenario: scenario.resolvedYAML, build: build,
            rules: rules == .first ? nil : rules.version,
            identities: identities == .first ? nil : identities.number)
    }
}

extension Scenario {
    /// The runs of this scenario: for each seed its variants, and for each of them its methods.
    ///
    /// - Precondition: it is valid, so all its methods are known.
    func plannedRuns(seeds: [UInt64]) -> [PlannedRun] {
        let variants = variants()
        let planned = (seeds.isEmpty ? [seed] : seeds).flatMap { seed in
            variants.flatMap { variant in
                variant.scenario.methods.map { name in
                    guard let method = catalogue.method(name) else {
                        preconditionFailure("a valid scenario names the unknown method \(name)")
                    }
                    var scenario = variant.scenario
                    scenario.seed = seed
                    let label = variant.label.isEmpty ? scenario.name : "\(scenario.name) \(variant.label)"
                    return PlannedRun(name: label, scenario: scenario, method: method, seed: seed)
                }
            }
        }
        // A method without rounds does the same under every policy of a sweep: once is enough.
        var distinct: Set<String> = []
        return planned.filter { $0.method.hasRounds || distinct.insert($0.withoutPolicy).inserted }
    }
}

extension PlannedRun {
    /// What a method without rounds depends on.
    fileprivate var withoutPolicy: String {
        var scenario = scenario
        let selection = scenario.participation.selection
        scenario.participation = Scenario.Participation()
        scenario.participation.selection = selection
        return "\(method.name) \(seed) \(scenario.sha256)"
    }
}
