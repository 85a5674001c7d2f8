import Models

/// What a method adds to every gradient of a client's training: µ (w − w₀) + plus − minus.
public struct LocalCorrection: Sendable {
    /// The weight µ of a pull back to the weights w₀ that the training starts from; `nil` is none.
    let mu: Double?
    /// A constant vector that is added, and one that is subtracted.
    let control: Control?

    /// Vectors with an element per parameter; `nil` is zero.
    struct Control: Codable, Sendable {
        let server: StoredBytes?
        let own: StoredBytes?

        enum CodingKeys: String, CodingKey { case server, own }
    }

    private init(mu: Double?, control: Control?) {
        self.mu = mu
        self.control = control
    }

    /// FedProx's pull back to the start.
    public static func proximal(mu: Double) -> LocalCorrection { LocalCorrection(mu: mu, control: nil) }

    /// SCAFFOLD's control variates, the server's minus the client's own; `nil` is zero.
    public static func control(server: StoredBytes?, own: StoredBytes?) -> LocalCorrection {
        LocalCorrection(mu: nil, control: Control(server: server, own: own))
    }

    /// A pull back to the start, and a vector that is subtracted; `nil` is zero.
    init(mu: Double, minus own: StoredBytes?) {
        self.init(mu: mu, control: own.map { Control(server: nil, own: $0) })
    }

    /// The bytes that are read.
    var inputs: [StoredBytes] { [control?.server, control?.own].compactMap(\.self) }

    /// The correction as the trainer takes it; `nil` where it is zero.
    func gradientCorrection(in environment: WorkerEnvironment) throws -> GradientCorrection? {
        func values(_ bytes: StoredBytes?) throws -> [Float]? {
            try bytes.map {
                try ModelVector(decoding: environment.load($0), name: "control variate").parameters
            }
        }
        let offset: [Float]? =
            switch (try values(control?.server), try values(control?.own)) {
            case (nil, nil): nil
            case (let server?, nil): server
            case (nil, let own?): own.map { -$0 }
            case (let server?, let own?): Vectors.difference(server, own)
            }
        return mu == nil && offset == nil ? nil : GradientCorrection(mu: mu, offset: offset)
    }
}

/// Written as `{"proximal":mu}`, `{"control":{"own":…,"server":…}}`, or both.
extension LocalCorrection: Codable {
    private enum CodingKeys: String, CodingKey { case mu = "proximal", control }
}
