import RunLog
import Simulator

extension Scenario {
    /// The quantities of the clients, with the columns of the traces that they come from.
    ///
    /// - Throws: `TraceError`.
    func clientQuantities(_ traces: TraceStore) throws -> ClientPopulation.Quantities {
        func values(_ source: QuantitySource, _ column: TraceColumn) throws -> ClientQuantity {
            try traces.values(of: source, column, clients: clients)
        }
        var quantities = ClientPopulation.Quantities()
        quantities.uplink = try values(network.client.uplinkBytesPerSecond, .uplink)
        quantities.downlink = try values(network.client.downlinkBytesPerSecond, .downlink)
        quantities.latency = try values(network.client.latencySeconds, .latency)
        if let preset = network.client.preset {
            quantities.uplink = .drawn(preset.uplink)
            quantities.downlink = .drawn(preset.downlink)
            quantities.latency = .drawn(preset.latency)
        }
        quantities.loss = network.client.loss ?? 0
        quantities.flopsPerSecond = try values(devices.clientFLOPsPerSecond, .flopsPerSecond)
        if let speed = devices.profile?.flopsPerSecond(training: model) {
            quantities.flopsPerSecond = .drawn(.constant(speed))
        }
        quantities.slowdown = try values(devices.slowdown, .slowdown)
        quantities.roundSlowdown = devices.roundSlowdown
        return quantities
    }

    /// Reads the trace files of all variants.
    ///
    /// - Throws: `TraceError`: what is wrong with the first that is not as it should be.
    public func checkTraces() throws {
        let traces = TraceStore()
        for (_, variant) in variants() {
            _ = try variant.clientQuantities(traces)
            _ = try variant.linkChanges(traces, seed: variant.seed)
            if let path = variant.faults.availability.trace {
                _ = try traces.availability(path: path, clients: variant.clients)
            }
        }
    }
}

extension Scenario {
    /// The trace files that it names, each once.
    fileprivate var tracePaths: [String] {
        let sources = [
            network.client.uplinkBytesPerSecond, network.client.downlinkBytesPerSecond,
            network.client.latencySeconds, devices.clientFLOPsPerSecond, devices.slowdown,
        ]
        var paths: [String] = []
        for source in sources {
            if case .trace(let path) = source, !paths.contains(path) { paths.append(path) }
        }
        for path in [faults.availability.trace, network.changes.trace] {
            if let path, !paths.contains(path) { paths.append(path) }
        }
        return paths
    }
}

/// The trace files of an experiment, each read once: from disk, or from what a log has noted of them.
final class TraceStore: Sendable {
    private struct Key: Hashable {
        let path: String
        let clients: Int
    }

    private struct File {
        let text: String
        let sha256: String
        /// Whether a log has noted it.
        var isRecorded = false
    }

    private struct Contents {
        var files: [String: File] = [:]
        /// Hashes of files that were too long to be noted.
        var expected: [String: String] = [:]
    }

    private let contents = Monitor(Contents())
    private let capacities = Monitor<[Key: CapacityTrace]>([:])
    private let linkTraces = Monitor<[Key: LinkTrace]>([:])
    private let availabilities = Monitor<[Key: AvailabilityTrace]>([:])

    /// The values of a quantity: those of the column of that name where the source is a trace.
    ///
    /// - Throws: `TraceError`; `FederationError.inputChanged`.
    func values(of source: QuantitySource, _ column: TraceColumn, clients: Int) throws -> ClientQuantity {
        switch source {
        case .drawn(let distribution):
            return .drawn(distribution)
        case .trace(let path):
            let trace = try parsed(Key(path: path, clients: clients), capacities) {
                try CapacityTrace(text: $0.text, file: path, clients: clients, isRecorded: $0.isRecorded)
            }
            return .listed(try trace.column(column))
        }
    }

    /// The links of clients over time, from a trace.
    ///
    /// - Throws: `TraceError`; `FederationError.inputChanged`.
    func links(path: String, clients: Int) throws -> LinkTrace {
        try parsed(Key(path: path, clients: clients), linkTraces) {
            try LinkTrace(text: $0.text, file: path, clients: clients, isRecorded: $0.isRecorded)
        }
    }

    /// When clients are there, from a trace.
    ///
    /// - Throws: `TraceError`; `FederationError.inputChanged`.
    func availability(path: String, clients: Int) throws -> AvailabilityTrace {
        try parsed(Key(path: path, clients: clients), availabilities) {
            try AvailabilityTrace(text: $0.text, file: path, clients: clients, isRecorded: $0.isRecorded)
        }
    }

    private func parsed<Trace>(
        _ key: Key, _ known: Monitor<[Key: Trace]>, _ parse: (File) throws -> Trace
    ) throws -> Trace {
        let file = try file(key.path)
        return try known.update { traces in
            if let trace = traces[key] { return trace }
            let trace = try parse(file)
            traces[key] = trace
            return trace
        }
    }

    private func file(_ path: String) throws -> File {
        try contents.update { contents in
            if let file = contents.files[path] { return file }
            let text = try TraceFile.text(path: UserPath.expanded(path))
            let expected = contents.expected[path]
            let file = File(
                text: text, sha256: WorkKey.hash(of: Array(text.utf8)), isRecorded: expected != nil)
            guard expected ?? file.sha256 == file.sha256 else {
                throw FederationError.inputChanged(what: "the lines of the trace \(path)")
            }
            contents.files[path] = file
            return file
        }
    }
}

// MARK: - In the log

extension TraceStore {
    /// A trace as the log keeps it.
    private struct Facts: Codable, RecordedFacts {
        /// Its content; nothing where that is long.
        var text: String?

        /// The text is parsed as that of a file.
        var isPossible: Bool { true }
    }

    /// The longest trace that a log keeps, in bytes.
    private static let longestNoted = 16 << 20

    /// Reads the traces of a scenario.
    ///
    /// - Throws: `TraceError`; `FederationError.inputChanged`.
    func load(for scenario: Scenario) throws {
        for path in scenario.tracePaths { _ = try file(path) }
    }

    /// What the log is to note about a scenario's traces, which are loaded.
    func noted(for scenario: Scenario) -> [RunInput] {
        contents.update { contents in
            scenario.tracePaths.compactMap { path in
                guard let file = contents.files[path] else { return nil }
                let isShort = file.text.utf8.count <= Self.longestNoted
                return RunInput(
                    kind: .trace, settings: path, sha256: file.sha256,
                    facts: RunInput.text(of: Facts(text: isShort ? file.text : nil)))
            }
        }
    }

    /// Takes the traces that a log has noted.
    ///
    /// - Throws: `FederationError.unreadableRecord`.
    func recall(_ inputs: [RunInput]) throws {
        for input in inputs where input.kind == InputKind.trace.rawValue {
            let facts = try input.decoded(as: Facts.self)
            contents.update { contents in
                guard contents.files[input.settings] == nil else { return }
                if let text = facts.text {
                    contents.files[input.settings] = File(
                        text: text, sha256: input.sha256, isRecorded: true)
                } else {
                    contents.expected[input.settings] = input.sha256
                }
            }
        }
    }
}
