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
    package static let current = RunRules(version: 2)

    package static func < (left: RunRules, right: RunRules) -> Bool { left.version < right.version }
}
