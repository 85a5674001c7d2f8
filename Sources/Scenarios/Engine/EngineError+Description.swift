extension EngineError: CustomStringConvertible {
    /// One line: what, where, and what is allowed or helps.
    public var description: String {
        switch self {
        case .badAddress(let text):
            "--engine is '\(text)'; allowed are local, dask-local:N with N from 1 to 1024, "
                + "dask://HOST:PORT and tls://HOST:PORT"
        case .noPython(let engine, let python):
            "--engine \(engine): there is no '\(python)'; install Python 3.9 or later with Dask "
                + "(apt-get install python3-distributed, or python3 -m pip install distributed), "
                + "or name a Python that has it: FGL_PYTHON=/path/to/python"
        case .noDask(let engine, let python, let reason):
            "--engine \(engine): \(python) has no Dask.distributed (\(reason)); install it with "
                + "apt-get install python3-distributed or \(python) -m pip install distributed, "
                + "or name a Python that has it: FGL_PYTHON=/path/to/python"
        case .badFolder(let path, let reason):
            "--engine-shared \(path): \(reason); allowed is a folder that this machine and all workers "
                + "can write to"
        case .badCertificate(let path):
            "--engine-tls: \(path) cannot be read; allowed are three files in PEM format, "
                + "CA,CERTIFICATE,KEY"
        case .lost(let engine, let reason):
            "--engine \(engine): \(reason)"
        case .workFailed(let kind, let key, let tried):
            "work '\(kind)' \(key.prefix(12))… failed \(tried.count) times: "
                + tried.joined(separator: "; ")
        case .disagreement(let kind, let key, let first, let second):
            "work '\(kind)' \(key.prefix(12))… was done twice with different results: \(first), \(second); "
                + "one of the two machines computes wrong, or they are of different types"
        }
    }
}
