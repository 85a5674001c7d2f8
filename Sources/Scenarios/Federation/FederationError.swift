/// What can go wrong with a federation that is not the fault of its code.
///
/// The sentences are in `FederationError+Description.swift`.
public enum FederationError: Error, Sendable, Equatable {
    /// A line of a prompt message is not `label<TAB>text`.
    case malformedPrompts(line: String)
    /// More clients than training images.
    case tooManyClients(clients: Int, images: Int)
    /// A run was interrupted by the user.
    case interrupted
    /// Some runs of an experiment failed; the messages name them.
    case runsFailed([String])
}
