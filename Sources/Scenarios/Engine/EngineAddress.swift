/// Where the real work of a run is done: `local`, `dask-local:4`, `dask://host:8786`, `tls://host:8786`.
public enum EngineAddress: Sendable, Hashable {
    /// Threads of this process.
    case local
    /// A Dask cluster of so many workers on this machine, started and ended with the run.
    case daskLocal(workers: Int)
    /// The Dask scheduler at `host:port`.
    case dask(place: String, isEncrypted: Bool)

    /// Reads an address; `nil` where it is none.
    public init?(_ text: String) {
        if text == "local" {
            self = .local
        } else if text.hasPrefix("dask-local:") {
            guard let workers = Int(text.dropFirst("dask-local:".count)), 1...1024 ~= workers else {
                return nil
            }
            self = .daskLocal(workers: workers)
        } else {
            let isEncrypted = text.hasPrefix("tls://")
            guard isEncrypted || text.hasPrefix("dask://") else { return nil }
            let place = text.dropFirst(isEncrypted ? 6 : 7)
            guard let colon = place.lastIndex(of: ":"), colon > place.startIndex,
                let port = Int(place[place.index(after: colon)...]), 1...65_535 ~= port,
                place.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-._:[]%".contains($0)) })
            else { return nil }
            self = .dask(place: String(place), isEncrypted: isEncrypted)
        }
    }

    /// As the user writes it.
    public var text: String {
        switch self {
        case .local: "local"
        case .daskLocal(let workers): "dask-local:\(workers)"
        case .dask(let place, let isEncrypted): (isEncrypted ? "tls://" : "dask://") + place
        }
    }

    /// As Dask writes it; empty for a cluster that is still to be started.
    var daskText: String {
        guard case .dask(let place, let isEncrypted) = self else { return "" }
        return (isEncrypted ? "tls://" : "tcp://") + place
    }
}
