import ArgumentParser
import Models
import Scenarios

/// What is said about words that a built-in model has not learnt.
struct StrictOption: ParsableArguments {
    @Flag(help: "A word or class that a built-in model has not learnt is an error; otherwise a warning.")
    var strict = false

    /// Says on stderr what is not learnt.
    ///
    /// - Throws: `FederationError.notLearnt` with `--strict`.
    func note(_ sentence: String?) throws {
        guard let sentence else { return }
        if strict { throw FederationError.notLearnt(sentence) }
        Terminal.standardError.write("warning: \(sentence)\n")
    }
}
