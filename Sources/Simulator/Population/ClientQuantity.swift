import Core

/// Where the values of a client quantity come from: drawn for each client, or listed, as a trace does.
public enum ClientQuantity: Sendable, Hashable {
    /// Drawn for each client from a stream of its own (seed, client, purpose).
    case drawn(Distribution)
    /// By client number.
    case listed([Double])

    /// The value of a client.
    ///
    /// - Precondition: listed values reach to that client.
    func value(of client: Int, seed: UInt64, purpose: String) -> Double {
        switch self {
        case .drawn(.constant(let value)):
            return value
        case .drawn(let distribution):
            var stream = RandomStream(seed: seed, entity: client, purpose: purpose)
            return distribution.sample(using: &stream)
        case .listed(let values):
            precondition(values.indices.contains(client), "a value for client \(client) of \(values.count)")
            return values[client]
        }
    }
}
