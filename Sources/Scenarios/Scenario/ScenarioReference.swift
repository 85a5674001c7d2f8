/// The reference of the scenario file, made from the declarations that parse it.
public enum ScenarioReference {
    /// A section per part of the file, a row per key, in Markdown.
    public static func markdown() -> String {
        var text = introduction
        var section: String?
        for key in ScenarioKeys.all {
            let part = key.path.contains(".") ? String(key.path.prefix { $0 != "." }) : ""
            if part != section {
                section = part
                text += part.isEmpty ? "\n## At the top\n\n" : "\n## `\(part)`\n\n"
                text += "| key | default | allowed | what it says |\n|---|---|---|---|\n"
            }
            let cells = ["`\(key.path)`", key.defaultText, key.allowed, key.documentation]
            text += "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        text += "\n## Methods\n\n| name | what it does |\n|---|---|\n"
        for method in Catalogue.standard.methods { text += "| `\(method.name)` | \(method.summary) |\n" }
        return text + ending
    }

    private static let introduction = """
        # The scenario file

        Made by `fgl-sim reference scenario` from the declarations that parse the file
        (`Sources/Scenarios/Scenario/Keys/ScenarioKeys.swift`).

        A scenario is YAML: a regular file of UTF-8 text, at most 1 MiB, without anchors and aliases. A \
        dotted path
        stands for nesting: `training.rounds: 20` is `training: { rounds: 20 }` in the file, where both may \
        be written,
        and `--set training.rounds=20` on the command line. Quantities carry
        units (`20Mbps`, `50ms`, `1.5TFLOPS`); a key that is not listed is an error; a key that is left out \
        has its
        default. `fgl-sim validate FILE` tells every error with its line.

        Units tell bits from bytes: `Mbps` is megabits a second, `MB/s` megabytes (SimGrid's `MBps`; in tc's \
        notation
        `mbit` and `mbps`). What is drawn from a distribution is brought within the bounds of its quantity.

        Keys have bounds of their own, and some together: a set of the built-in world and a synthetic set \
        have at most
        \(SizeLimit.images) images, a run at most \(SizeLimit.clientRounds) rounds times clients, and an \
        experiment at most
        \(Scenario.runLimit) runs. A run without progress ends as `failed`, with exit code 65. This is a run \
        in which
        clients take part 20,000 times (or 100 times as often as a round selects clients) and the server \
        gets no
        updates, or in which 200,000 events (and 20 for each client) complete no transfer and no work.

        """

    private static let ending = """

        ## `sweep`

        Key paths with lists of values; every combination is a variant with its own runs:

        ```yaml
        sweep:
          data.partition.beta: [0.01, 0.5]
          training.local-epochs: [1, 5]
        ```

        """
}

extension ScenarioKey {
    /// The default as the reference shows it.
    fileprivate var defaultText: String {
        if isRequired { return "required" }
        if let defaultNote { return defaultNote }
        return defaultValue.map { "`\($0)`" } ?? ""
    }
}
