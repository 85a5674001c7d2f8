import Models

/// What a method adds to every gradient of a client's training.
public enum LocalCorrection: Sendable {
    /// FedProx's pull back to the start.
    case proximal(mu: Double)
    /// SCAFFOLD's control variates, the server's minus the client's own; `nil` is zero.
    case control(server: StoredBytes?, own: StoredBytes?)

    /// The bytes that are read.
    var inputs: [StoredBytes] {
        if case .control(let server, let own) = self { [server, own].compactMap(\.self) } else { [] }
    }

    /// The correction as the trainer takes it; `nil` where it is zero.
    func gradientCorrection(in environment: WorkerEnvironment) throws -> GradientCorrection? {
        switch self {
        case .proximal(let mu):
            return .proximal(mu: mu)
        case .control(let server, let own):
            func values(_ bytes: StoredBytes?) throws -> [Float]? {
                try bytes.map {
                    try ModelVector(decoding: environment.load($0), name: "control variate").parameters
                }
            }
            switch (try values(server), try values(own)) {
            case (nil, nil): return nil
            case (let server?, nil): return .offset(server)
            case (nil, let own?): return .offset(own.map { -$0 })
            case (let server?, let own?): return .offset(Vectors.difference(server, own))
            }
        }
    }
}

extension LocalCorrection: Codable {
    private enum CodingKeys: String, CodingKey { case proximal, control }

    private struct Control: Codable {
        let server: StoredBytes?
        let own: StoredBytes?

        enum CodingKeys: String, CodingKey { case server, own }
    }

    /// Reads what `encode` has written.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let mu = try container.decodeIfPresent(Double.self, forKey: .proximal) {
            self = .proximal(mu: mu)
        } else {
            let control = try container.decode(Control.self, forKey: .control)
            self = .control(server: control.server, own: control.own)
        }
    }

    /// Writes `{"proximal":mu}` or `{"control":{"own":…,"server":…}}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .proximal(let mu): try container.encode(mu, forKey: .proximal)
        case .control(let server, let own):
            try container.encode(Control(server: server, own: own), forKey: .control)
        }
    }
}
