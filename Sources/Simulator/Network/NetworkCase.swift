import Foundation

/// A star network with competing transfers, as `fgl-sim network CASE.json` reads it.
///
/// ```json
/// {"server": {"uplink_Bps": 1e6, "downlink_Bps": 1e6},
///  "clients": [{"uplink_Bps": 1e5, "downlink_Bps": 1e5, "latency_s": 0.05}],
///  "flows": [{"id": 0, "client": 0, "direction": "up", "start_s": 0, "bytes": 1000}]}
/// ```
public struct NetworkCase: Sendable, Codable {
    /// The server's link.
    public struct Server: Sendable, Codable {
        /// Rate of what the server sends, in bytes/s.
        public var uplinkBytesPerSecond: Double
        /// Rate of what the server receives, in bytes/s.
        public var downlinkBytesPerSecond: Double

        enum CodingKeys: String, CodingKey {
            case uplinkBytesPerSecond = "uplink_Bps"
            case downlinkBytesPerSecond = "downlink_Bps"
        }
    }

    /// A client's link.
    public struct Client: Sendable, Codable {
        /// Rate of what the client sends, in bytes/s.
        public var uplinkBytesPerSecond: Double
        /// Rate of what the client receives, in bytes/s.
        public var downlinkBytesPerSecond: Double
        /// Time before the first byte of a transfer moves, in seconds.
        public var latencySeconds: Double
        /// Fraction of the packets that are lost; absent: none.
        public var loss: Double?

        enum CodingKeys: String, CodingKey {
            case uplinkBytesPerSecond = "uplink_Bps"
            case downlinkBytesPerSecond = "downlink_Bps"
            case latencySeconds = "latency_s"
            case loss
        }
    }

    /// A transfer.
    public struct Flow: Sendable, Codable {
        /// Identifier, unique in the case.
        public var id: Int
        /// Index of the client among `clients`.
        public var client: Int
        /// `up` to the server, `down` to the client.
        public var direction: TransferDirection
        /// When the transfer is asked for, in seconds.
        public var startSeconds: Double
        /// Its size.
        public var bytes: Int
        /// When it ends, in seconds, as another simulator computed it; not used.
        public var expectedEndSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case id, client, direction, bytes
            case startSeconds = "start_s"
            case expectedEndSeconds = "end_s"
        }
    }

    /// A flow's completion.
    public struct Completion: Sendable, Equatable {
        /// Identifier of the flow.
        public let id: Int
        /// When its last byte arrived, in seconds.
        public let endSeconds: Double

        /// Makes a completion.
        public init(id: Int, endSeconds: Double) {
            self.id = id
            self.endSeconds = endSeconds
        }
    }

    /// How transfers use the links; absent: `ideal`.
    public var transport: TransportName?
    /// The server's link.
    public var server: Server
    /// The clients' links.
    public var clients: [Client]
    /// The transfers, in any order.
    public var flows: [Flow]
    /// Paths of keys of the file that a case does not have, such as `flows[0].size`.
    public private(set) var unknownKeys: [String] = []

    enum CodingKeys: String, CodingKey { case transport, server, clients, flows }

    /// Decodes and validates a case.
    ///
    /// - Throws: ``SimulatorError``.
    public init(json: Data) throws {
        do {
            let fields = try NetworkCaseFields(json)
            try fields.check()
            self = try JSONDecoder().decode(NetworkCase.self, from: json)
            unknownKeys = fields.unknownKeys
        } catch let error as DecodingError {
            throw SimulatorError.malformedCase(reason: error.oneLine)
        }
        try validate()
    }

    /// Checks every quantity.
    ///
    /// - Throws: ``SimulatorError`` with the path of the first field that is not allowed.
    public func validate() throws {
        try requireRate(server.uplinkBytesPerSecond, "server.uplink_Bps")
        try requireRate(server.downlinkBytesPerSecond, "server.downlink_Bps")
        for (index, client) in clients.enumerated() {
            try requireRate(client.uplinkBytesPerSecond, "clients[\(index)].uplink_Bps")
            try requireRate(client.downlinkBytesPerSecond, "clients[\(index)].downlink_Bps")
            try requireTime(client.latencySeconds, "clients[\(index)].latency_s")
            guard (0...0.5).contains(client.loss ?? 0) else {
                throw SimulatorError.invalidQuantity(
                    field: "clients[\(index)].loss", value: client.loss ?? 0, allowed: "0 to 0.5")
            }
        }
        var ids = Set<Int>()
        for (index, flow) in flows.enumerated() {
            guard ids.insert(flow.id).inserted else {
                throw SimulatorError.duplicateFlow(field: "flows[\(index)].id", id: flow.id)
            }
            guard clients.indices.contains(flow.client) else {
                throw SimulatorError.unknownClient(
                    field: "flows[\(index)].client", client: flow.client, clientCount: clients.count)
            }
            try requireTime(flow.startSeconds, "flows[\(index)].start_s")
            guard flow.bytes >= 0 else {
                throw SimulatorError.invalidQuantity(
                    field: "flows[\(index)].bytes", value: Double(flow.bytes), allowed: "0 or more")
            }
        }
    }

    /// The completion of every flow, in the order of `flows`.
    ///
    /// - Throws: ``SimulatorError`` as ``validate()``.
    /// - Complexity: O(*n* log *n*) where each client has one flow per direction at a time.
    public func completions() throws -> [Completion] {
        try validate()
        let transport = (transport ?? .ideal).model
        var star = FluidStar(
            server: LinkCapacity(
                uplink: BytesPerSecond(server.uplinkBytesPerSecond),
                downlink: BytesPerSecond(server.downlinkBytesPerSecond)),
            clients: clients.map {
                ClientLink(
                    uplink: BytesPerSecond($0.uplinkBytesPerSecond),
                    downlink: BytesPerSecond($0.downlinkBytesPerSecond),
                    latency: .seconds(min($0.latencySeconds, 9e9)), loss: $0.loss ?? 0)
            }, transport: transport)
        for flow in flows {
            let firstByte =
                flow.startSeconds
                + transport.delay(latencySeconds: clients[flow.client].latencySeconds, flow.direction)
            _ = star.start(
                bytes: flow.bytes, client: flow.client, direction: flow.direction, drainsFrom: firstByte)
        }
        var ends = [Double](repeating: 0, count: flows.count)
        while let change = star.nextChange() {
            // The star numbers flows from 0 in the order of starting, which is that of `flows`.
            for completion in star.advance(to: change) { ends[completion.flow] = completion.seconds }
        }
        return zip(flows, ends).map { Completion(id: $0.id, endSeconds: $1) }
    }
}

private func requireRate(_ value: Double, _ field: String) throws {
    guard (1e-9...1e18).contains(value) else {
        throw SimulatorError.invalidQuantity(
            field: field, value: value, allowed: "greater than 0: 1e-9 to 1e18 (bytes per second)")
    }
}

private func requireTime(_ value: Double, _ field: String) throws {
    guard (0...1e12).contains(value) else {
        throw SimulatorError.invalidQuantity(
            field: field, value: value, allowed: "0 or more, at most 1e12 (seconds)")
    }
}

extension DecodingError {
    /// The path of the offending value and what is wrong with it, without the decoder's internals.
    fileprivate var oneLine: String {
        switch self {
        case .keyNotFound(let key, let context): "\(path(context))key \"\(key.stringValue)\" is missing"
        case .typeMismatch(let type, let context): "\(path(context))must be \(noun(type))"
        case .valueNotFound(let type, let context): "\(path(context))must be \(noun(type)), not null"
        case .dataCorrupted(let context): "\(path(context))\(context.debugDescription)"
        @unknown default: "\(self)"
        }
    }

    private func path(_ context: Context) -> String {
        let path = context.codingPath.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
        return path.isEmpty ? "" : "\(path): "
    }

    private func noun(_ type: Any.Type) -> String {
        switch type {
        case is Double.Type: "a number"
        case is Int.Type: "a whole number"
        case is String.Type: "a text"
        case is any Collection.Type where !(type is any ExpressibleByDictionaryLiteral.Type): "a list"
        default: "an object"
        }
    }
}
