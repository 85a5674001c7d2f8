import FlyingSocks
import Foundation

/// Where a server listens: an IP address and a port.
struct ListeningAddress: Sendable, CustomStringConvertible {
    private enum Number: Sendable {
        case four(sockaddr_in)
        case six(sockaddr_in6)
    }

    private let number: Number
    private let host: String
    private let port: UInt16

    /// - Parameter host: an IP address or `localhost`; names of other machines are not looked up.
    init?(_ host: String, port: UInt16) {
        let host = host.lowercased() == "localhost" ? "127.0.0.1" : host
        if let four = try? sockaddr_in.inet(ip4: host, port: port) {
            number = .four(four)
        } else if let six = try? sockaddr_in6.inet6(ip6: host, port: port) {
            number = .six(six)
        } else {
            return nil
        }
        self.host = host
        self.port = port
    }

    /// The address as the socket library takes it.
    var socket: any SocketAddress {
        switch number {
        case .four(let address): address
        case .six(let address): address
        }
    }

    /// Whether it can be reached from this machine alone: 127.0.0.0/8 and ::1.
    var isLoopback: Bool {
        switch number {
        case .four(let address): UInt32(bigEndian: address.sin_addr.s_addr) >> 24 == 127
        case .six(let address): address.number == 1
        }
    }

    /// `127.0.0.1:8080`, `[::1]:8080`.
    var description: String { "\(authorityHost):\(port)" }

    private var authorityHost: String { if case .six = number { "[\(host)]" } else { host } }

    /// The address for a browser.
    ///
    /// - Parameter port: the one that was really taken, where any would do.
    func url(port chosen: UInt16?) -> String {
        // Every address of this machine: one of them can be opened.
        let open =
            switch number {
            case .four(let address) where address.sin_addr.s_addr == 0: "127.0.0.1"
            case .six(let address) where address.number == 0: "[::1]"
            default: authorityHost
            }
        return "http://\(open):\(chosen ?? port)/"
    }
}

extension sockaddr_in6 {
    /// The address as a number: of `::1` in whatever spelling, 1.
    fileprivate var number: UInt128 {
        withUnsafeBytes(of: sin6_addr) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }
}

extension Socket.Address {
    /// The port; `nil` for a socket in the file system.
    var port: UInt16? {
        switch self {
        case .ip4(_, let port), .ip6(_, let port): port
        case .unix: nil
        }
    }
}
