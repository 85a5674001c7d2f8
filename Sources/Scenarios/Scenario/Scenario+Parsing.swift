import Yams

extension Scenario {
    /// The scenario in a file, after overrides. Relative paths in it are those of the file's folder; what is
    /// not there is taken from the working directory (`pathNotices`).
    ///
    /// - Parameters:
    ///   - path: The file; a regular one of at most 1 MiB of UTF-8 text.
    ///   - overrides: Texts of the form `key.path=value`, applied in order before anything is validated.
    ///   - knownMethods: The names that `methods` may list; `nil` for all of the catalogue.
    ///   - catalogue: What the scenario can name.
    /// - Throws: `ScenarioError` with everything that is wrong.
    public static func load(
        path: String, overrides: [String] = [], knownMethods: [String]? = nil,
        catalogue: Catalogue = .standard
    ) throws(ScenarioError) -> Scenario {
        let text: String
        do throws(ScenarioProblem) {
            text = try ScenarioText.read(path)
        } catch {
            throw ScenarioError(file: path, problems: [error])
        }
        var scenario = try parse(
            text, file: path, overrides: overrides, knownMethods: knownMethods, catalogue: catalogue)
        scenario.origin = ScenarioOrigin(file: path)
        scenario.origin.notices = scenario.noticesOfPaths()
        // The paths of a sweep are those of its variants.
        return scenario.sweep.isEmpty ? scenario.resolvingPaths() : scenario
    }

    /// The scenario in a text, after overrides.
    ///
    /// - Parameters:
    ///   - text: The YAML text.
    ///   - file: What error sentences call the text.
    ///   - overrides: Texts of the form `key.path=value`, applied in order before anything is validated.
    ///   - knownMethods: The names that `methods` may list; `nil` for all of the catalogue.
    ///   - catalogue: What the scenario can name.
    /// - Throws: `ScenarioError` with everything that is wrong.
    public static func parse(
        _ text: String, file: String, overrides: [String] = [], knownMethods: [String]? = nil,
        catalogue: Catalogue = .standard
    ) throws(ScenarioError) -> Scenario {
        let composed: Node
        do throws(ScenarioProblem) {
            composed = try ScenarioText.compose(text)
        } catch {
            throw ScenarioError(file: file, problems: [error])
        }
        var reader = ScenarioReader(
            knownMethods: knownMethods ?? catalogue.methods.map(\.name), catalogue: catalogue)
        var scenario = Scenario.allDefaults
        scenario.ownCatalogue = catalogue
        let nested = reader.nestingDottedKeys(in: composed, declared: "", shown: "")
        let root = reader.applying(overrides, to: nested)
        reader.readSection(root, declared: "", shown: "", into: &scenario)
        if case .mapping = root {
            reader.requireKeys()
            reader.readSweep(root, into: &scenario)
            reader.checkSweptOverrides(scenario.sweep)
            if reader.problems.isEmpty { reader.checkVariants(of: scenario) }
        }
        guard reader.problems.isEmpty else { throw ScenarioError(file: file, problems: reader.allProblems) }
        // With a sweep the set may still vary, and the numbers of images with it.
        if scenario.sweep.isEmpty { scenario.data.fillInCounts() }
        return scenario
    }
}

extension ScenarioReader {
    /// Checks the combinations of keys in every variant; reports a fault that several share once.
    fileprivate mutating func checkVariants(of scenario: Scenario) {
        for (_, variant) in scenario.variants() {
            checkCombinations(of: variant, isSwept: !scenario.sweep.isEmpty)
            if !problems.isEmpty { return }
        }
    }
}
