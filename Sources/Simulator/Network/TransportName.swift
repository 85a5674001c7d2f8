/// The transport models by the names that scenarios and network cases use.
public enum TransportName: String, Sendable, Codable, CaseIterable {
    /// ``TransportModel/ideal``.
    case ideal
    /// ``TransportModel/tcp(tls:)`` without encryption.
    case tcp
    /// ``TransportModel/tcp(tls:)`` with TLS 1.3.
    case tls
    /// ``TransportModel/lv08``.
    case lv08
    /// ``TransportModel/cm02``.
    case cm02

    /// The model.
    public var model: TransportModel {
        switch self {
        case .ideal: .ideal
        case .tcp: .tcp()
        case .tls: .tcp(tls: true)
        case .lv08: .lv08
        case .cm02: .cm02
        }
    }
}
