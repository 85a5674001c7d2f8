import Simulator

/// The version of the identities that a run has in its file: the keys of its work and the settings of its
/// inputs.
///
/// The table `identity_version` has it. A new version is a change of texts that hashes are taken over: of
/// `CanonicalText`, of a work's encoding without a new version of that work, of `ImagesSource` and its like.
package struct IdentityVersion: Sendable, Comparable {
    package let number: Int

    /// Those of version 0.1, printed forms of Swift values, which nothing computes any more. The work of such
    /// a run is found by kind, round, client and occurrence (`FormerRecords`).
    package static let first = IdentityVersion(number: 1)
    /// Canonical texts, as docs/replay.md has them.
    package static let current = IdentityVersion(number: 2)

    private init(number: Int) { self.number = number }

    /// The version that a log names.
    ///
    /// - Throws: `FederationError.notReplayable` for a later one.
    package init(recorded number: Int, run runID: Int64) throws {
        guard Self.first.number...Self.current.number ~= number else {
            throw FederationError.notReplayable(
                runID: runID,
                reason:
                    "its identities are of version \(number), written by a later version of fgl-sim; this "
                    + "one knows those up to \(Self.current.number)")
        }
        self.number = number
    }

    package static func < (left: IdentityVersion, right: IdentityVersion) -> Bool {
        left.number < right.number
    }
}
