import Models
import RunLog
import Simulator

/// The classifiers from files, foundation models, captioners and synthetic sets that the runs of an
/// experiment ask for, each opened once.
struct ModelProviders: Sendable {
    private var foundations: [Scenario.Synthesis.Model: FoundationProvider] = [:]
    private var captioners: [Scenario.CaptionerModel: CaptionerProvider] = [:]
    private var sets: [String: SyntheticSetProvider] = [:]
    /// TorchScript modules by path and data; see `ModelProviders+Classifier.swift`.
    var modules: [ModuleKey: ScriptedModule] = [:]

    /// Opens what a run needs, so that whatever is wrong with it is told before the first run begins.
    ///
    /// - Throws: `CaptionerError`, `DataError`, `FederationError`, `FoundationModelError`,
    ///   `SafetensorsError`.
    mutating func load(
        for scenario: Scenario, _ needs: ModelNeeds, _ notice: (Notice) -> Void
    ) throws {
        if needs.foundation { try loadFoundation(for: scenario, notice) }
        if let rank = needs.adapterRank {
            let model = scenario.synthesis.model
            // Logs of runs without adapters have no facts about the layers that adapters change.
            if foundations[model]?.operations.attention.isEmpty == true {
                foundations[model] = try FoundationProvider(model)
            }
            try foundations[model]?.check(adapterRank: rank)
        }
        let captioner = scenario.synthesis.captioner
        // Logs of versions before there were features have no facts about them.
        if needs.captioner, captioners[captioner]?.features == nil {
            captioners[captioner] = try CaptionerProvider(captioner)
        }
    }

    /// Opens what a method needs that synthesizes.
    private mutating func loadFoundation(for scenario: Scenario, _ notice: (Notice) -> Void) throws {
        let synthesis = scenario.synthesis
        if foundations[synthesis.model] == nil {
            let foundation = try FoundationProvider(synthesis.model)
            for line in foundation.notices { notice(.note(line)) }
            foundations[synthesis.model] = foundation
        }
        if synthesis.set == nil, let foundation = foundations[synthesis.model], !foundation.isRecalled {
            try foundation.check(synthesis)
        }
        if synthesis.prompts == .tailored, let foundation = foundations[synthesis.model] {
            if foundation.tokenWidth == 0 {
                foundations[synthesis.model] = try FoundationProvider(synthesis.model)
            }
            if !foundation.isRecalled { try foundation.check(template: synthesis.template) }
        }
        if synthesis.prompts == .instanceLevel, captioners[synthesis.captioner] == nil {
            captioners[synthesis.captioner] = try CaptionerProvider(synthesis.captioner)
        }
        if let path = synthesis.set, sets[path] == nil {
            sets[path] = try SyntheticSetProvider(path: path)
        }
    }

    /// Takes what the log has noted about the models of a recorded scenario, as far as another one names the
    /// same.
    ///
    /// - Throws: `FederationError.unreadableRecord`; `FoundationModelError` for a model that is not shipped.
    mutating func recall(_ inputs: [RunInput], of recorded: Scenario, for scenario: Scenario) throws {
        try recallClassifier(inputs, of: recorded, for: scenario)
        let synthesis = scenario.synthesis, recorded = recorded.synthesis
        for input in inputs
        where input.kind == InputKind.foundation.rawValue && recorded.model == synthesis.model {
            guard foundations[synthesis.model] == nil else { continue }
            foundations[synthesis.model] = try FoundationProvider(
                synthesis.model, input.decoded(as: FoundationProvider.Facts.self))
        }
        for input in inputs
        where input.kind == InputKind.captioner.rawValue && recorded.captioner == synthesis.captioner {
            guard captioners[synthesis.captioner] == nil else { continue }
            captioners[synthesis.captioner] = try CaptionerProvider(
                synthesis.captioner, input.decoded(as: CaptionerProvider.Facts.self))
        }
        for input in inputs
        where input.kind == InputKind.syntheticSet.rawValue && recorded.set == synthesis.set {
            guard let path = synthesis.set, sets[path] == nil else { continue }
            sets[path] = SyntheticSetProvider(
                path: path, try input.decoded(as: SyntheticSetProvider.Facts.self))
        }
    }

    /// What the log is to note about the models of a run.
    func noted(for scenario: Scenario, _ needs: ModelNeeds) -> [RunInput] {
        let synthesis = scenario.synthesis
        var inputs: [RunInput] = []
        if needs.foundation, let foundation = foundations[synthesis.model] {
            inputs.append(foundation.input(for: synthesis.model, isAdapted: needs.adapterRank != nil))
        }
        let captions = needs.foundation && synthesis.prompts == .instanceLevel
        if captions || needs.captioner, let captioner = captioners[synthesis.captioner] {
            inputs.append(captioner.input(for: synthesis.captioner))
        }
        if needs.foundation, let set = synthesis.set.flatMap({ sets[$0] }) { inputs.append(set.input) }
        return inputs
    }

    /// The hashes of all, in order.
    var hashes: (foundations: [String], captioners: [String], sets: [String]) {
        (
            foundations.values.map(\.sha256).sorted(), captioners.values.map(\.sha256).sorted(),
            sets.values.map(\.sha256).sorted()
        )
    }

    /// The foundation model of a hash; of those that share it, whichever is first.
    func foundation(sha256: String) -> FoundationProvider? {
        foundations.values.filter { $0.sha256 == sha256 }.min { $0.folder.path < $1.folder.path }
    }

    /// The captioner of a hash.
    func captioner(sha256: String) -> CaptionerProvider? {
        captioners.values.filter { $0.sha256 == sha256 }.min { $0.folder.path < $1.folder.path }
    }

    /// The synthetic set of a manifest's hash.
    func syntheticSet(sha256: String) -> SyntheticSetProvider? {
        sets.values.filter { $0.sha256 == sha256 }.min { $0.path < $1.path }
    }

    /// The foundation model of a scenario.
    ///
    /// - Precondition: a method of the scenario has said that it needs one.
    func foundation(of scenario: Scenario) -> FoundationProvider {
        guard let provider = foundations[scenario.synthesis.model] else {
            preconditionFailure("a method that did not ask for a foundation model synthesizes")
        }
        return provider
    }

    /// The synthetic set that a scenario starts from.
    ///
    /// - Precondition: it names one, and a method needs it.
    func storedSet(of scenario: Scenario) -> SyntheticSetProvider {
        guard let set = scenario.synthesis.set.flatMap({ sets[$0] }) else {
            preconditionFailure("a method that did not ask for a synthetic set reads one")
        }
        return set
    }

    /// The captioner of a scenario.
    ///
    /// - Precondition: a method of the scenario has said that it needs one.
    func captioner(of scenario: Scenario) -> CaptionerProvider {
        guard let provider = captioners[scenario.synthesis.captioner] else {
            preconditionFailure("a method that did not ask for a captioner describes images")
        }
        return provider
    }
}
