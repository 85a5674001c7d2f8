import Models
import RunLog

/// A TorchScript file as one data set uses it.
struct ModuleKey: Hashable {
    let path: String
    let classes: Int
    let side: Int
}

extension ModelProviders {
    /// Opens the file of a scenario's classifier and returns the module; `nil` where it has no file.
    ///
    /// - Throws: `TorchScriptError`; `TorchError`.
    @discardableResult
    mutating func loadClassifier(
        for scenario: Scenario, classes: Int, side: Int
    ) throws -> ScriptedModule? {
        guard scenario.model.kind == .torchscript, let path = scenario.model.path, classes > 0 else {
            return nil
        }
        let key = ModuleKey(path: path, classes: classes, side: side)
        let file = UserPath.expanded(path)
        let module = try modules[key] ?? ModelFolder.loaded {
            try ScriptedModule(path: file, classes: classes, side: side)
        }
        modules[key] = module
        return module
    }

    /// Takes what the log has noted about a scenario's classifier.
    ///
    /// - Throws: `FederationError.unreadableRecord`.
    mutating func recallClassifier(
        _ inputs: [RunInput], of recorded: Scenario, for scenario: Scenario
    ) throws {
        for input in inputs where input.kind == InputKind.classifier.rawValue {
            guard let path = scenario.model.path, recorded.model.path == path else { continue }
            let facts = try input.decoded(as: ScriptedModule.Facts.self)
            let key = ModuleKey(path: path, classes: facts.classes, side: facts.side)
            if modules[key] == nil {
                modules[key] = ScriptedModule(path: UserPath.expanded(path), facts: facts)
            }
        }
    }

    /// What the log is to note about a scenario's classifier: nothing of those that need no file.
    func notedClassifier(for scenario: Scenario, classes: Int, side: Int) -> [RunInput] {
        guard scenario.model.kind == .torchscript, let path = scenario.model.path,
            let module = modules[ModuleKey(path: path, classes: classes, side: side)]
        else { return [] }
        return [module.input(as: path)]
    }

    /// The classifier with an identity that a file says; `nil` where no file of this experiment does.
    func scriptedArchitecture(identity: String) -> (any ClassifierArchitecture)? {
        modules.sorted { $0.key.path < $1.key.path }.map { ScriptedArchitecture($0.value) }
            .first { $0.identity == identity }
    }

    /// The classifier of a scenario for a data set.
    ///
    /// - Precondition: the file of one that has a file was opened for this data.
    func architecture(of scenario: Scenario, classes: Int, side: Int) -> any ClassifierArchitecture {
        let model = scenario.model
        if let known = model.builtInArchitecture(classes: classes, side: side) { return known }
        guard let path = model.path, let module = modules[ModuleKey(path: path, classes: classes, side: side)]
        else { preconditionFailure("a TorchScript module that was not opened") }
        return ScriptedArchitecture(module, forwardOperations: model.flops.map { Int($0) })
    }
}

extension ScriptedModule {
    /// What the log keeps.
    fileprivate func input(as path: String) -> RunInput {
        RunInput(
            kind: .classifier, settings: path, sha256: facts.sha256, facts: RunInput.text(of: facts))
    }
}
