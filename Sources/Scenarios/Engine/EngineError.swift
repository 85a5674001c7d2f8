/// What can go wrong with an engine. The sentences are in `EngineError+Description.swift`.
public enum EngineError: Error, Sendable, Equatable {
    /// A text is no address of an engine.
    case badAddress(String)
    /// There is no Python that could be started.
    case noPython(engine: String, python: String)
    /// The Python that there is has no Dask.
    case noDask(engine: String, python: String, reason: String)
    /// A folder that all workers should see cannot be used.
    case badFolder(path: String, reason: String)
    /// A certificate or key cannot be read.
    case badCertificate(path: String)
    /// The engine cannot be reached, or has gone; the run can be resumed.
    case lost(engine: String, reason: String)
    /// A piece of work could not be done anywhere.
    case workFailed(kind: String, key: String, tried: [String])
    /// The same work has come to two results.
    case disagreement(kind: String, key: String, first: String, second: String)

    /// The exit code of a command that ends with this error, after BSD's `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .badAddress: 64
        case .noPython, .noDask, .badCertificate, .lost, .workFailed: 74
        case .badFolder: 73
        case .disagreement: 65
        }
    }

    /// Whether a run that it ends goes on where it was once there are workers again.
    var leavesRunResumable: Bool { if case .lost = self { true } else { false } }
}
