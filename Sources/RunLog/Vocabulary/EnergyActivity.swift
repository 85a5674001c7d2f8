/// What energy was used for: the part of `metric.split` behind `energy/`.
public enum EnergyActivity: String, Sendable, CaseIterable {
    /// A client trains, describes its images, compresses.
    case compute
    /// A client sends.
    case uplink
    /// A client receives.
    case downlink
    /// A client does none of these.
    case idle
    /// The network between clients and server.
    case network
    /// The server trains.
    case serverTraining = "server-training"
    /// The server synthesizes images.
    case serverSynthesis = "server-synthesis"
    /// The server computes something else, such as an average.
    case serverOther = "server-other"
    /// The server sends or receives.
    case serverTransfer = "server-transfer"
    /// The server does none of these.
    case serverIdle = "server-idle"

    /// Whether it is the server's.
    public var isOfServer: Bool {
        switch self {
        case .compute, .uplink, .downlink, .idle, .network: false
        case .serverTraining, .serverSynthesis, .serverOther, .serverTransfer, .serverIdle: true
        }
    }

    /// What it is, for the reference.
    var meaning: String {
        switch self {
        case .compute: "Clients compute: training, prompts, compression."
        case .uplink: "Clients send, radio included."
        case .downlink: "Clients receive, radio included."
        case .idle: "Clients do nothing."
        case .network: "The network moves bytes between clients and server."
        case .serverTraining: "The server trains."
        case .serverSynthesis: "The server synthesizes images."
        case .serverOther: "The server computes something else, such as an average or a distillation."
        case .serverTransfer: "The server sends or receives."
        case .serverIdle: "The server does nothing."
        }
    }
}
