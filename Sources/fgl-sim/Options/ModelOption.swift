import ArgumentParser
import Foundation
import Scenarios

/// Where the trained models go, of commands that make runs.
struct ModelOption: ParsableArguments {
    @Option(
        name: .customLong("keep-models"),
        help: ArgumentHelp(
            "Writes the model that each run ends with into this folder, as a safetensors file.",
            valueName: "folder"),
        completion: .directory)
    var folder: String?

    /// The folder as `Experiment` takes it; `nil` without the option.
    var keeping: ModelKeeping? {
        folder.map { ModelKeeping(folder: URL(fileURLWithPath: $0, isDirectory: true)) }
    }
}
