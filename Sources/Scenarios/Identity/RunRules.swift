import Models

/// The version of the rules by which a run decides what it does and what it logs, beside its scenario and its
/// seed.
///
/// A recorded run is replayed, resumed and re-timed by the rules it was made by (`run_rules`), so that a
/// change of them breaks no file.
package struct RunRules: Sendable, Comparable {
    package let version: Int

    /// Those of version 0.1, which noted none: ε as if every selection were uniform, Oort with the mean loss,
    /// without clipping and with uniform exploration.
    package static let first = RunRules(version: 1)
    /// ε by what the selection is (`PrivacyBook`); Oort as its paper has it (`OortSelection`).
    package static let second = RunRules(version: 2)
    /// What a client keeps of an update moves on only where the server took the update (`Client.upload`);
    /// whose update of several at one instant comes first is drawn; equal prompts of two labels have noises
    /// of their own; the metric `updates` counts accepted late ones; Oort explores the fraction it is to
    /// explore in small selections, too, and in methods without rounds counts the server's updates.
    package static let third = RunRules(version: 3)
    /// ε and the noise that an ε needs by the Rényi orders of dp-accounting, up to 1024; a mixture of models
    /// costs as much where some are equal.
    package static let fourth = RunRules(version: 4)
    /// Those of new runs.
    package static let current = fourth

    /// By which Rényi orders ε is counted.
    var orders: RenyiAccountant.Orders { self < .fourth ? .narrow : .wide }

    private init(version: Int) { self.version = version }

    /// The rules that a log names.
    ///
    /// - Throws: `FederationError.notReplayable` for those of a later version.
    package init(recorded version: Int, run runID: Int64) throws {
        guard Self.first.version...Self.current.version ~= version else {
            throw FederationError.notReplayable(
                runID: runID,
                reason: "it was made by rules \(version); this version knows those up to "
                    + "\(Self.current.version)")
        }
        self.version = version
    }

    package static func < (left: RunRules, right: RunRules) -> Bool { left.version < right.version }
}
