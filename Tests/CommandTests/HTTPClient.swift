import Foundation

/// As much of an HTTP client as the tests of a server need: it says what it wants to, such as a foreign
/// `Host`, and reads a stream of events as it comes.
final class HTTPConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    /// Connects.
    ///
    /// - Throws: `POSIXError` where nobody listens there.
    init(_ address: String, port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &target.sin_addr)
        let code = withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            let reason = errno
            close(descriptor)
            throw POSIXError(POSIXErrorCode(rawValue: reason) ?? .EIO)
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Sends a request without a body.
    func ask(_ path: String, method: String = "GET", host: String) {
        let text = Array("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
        _ = send(descriptor, text, text.count, Int32(MSG_NOSIGNAL))
    }

    /// Reads until what came contains `text` from `position` on; returns all of it. Stops where the other
    /// side has ended, or has been silent for a minute.
    @discardableResult
    func read(until text: String?, from position: Int = 0) -> String {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let all = String(decoding: received, as: UTF8.self)
            if let text, String(decoding: received.dropFirst(position), as: UTF8.self).contains(text) {
                return all
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return all }
            received += buffer.prefix(count)
        }
    }

    /// How many bytes have come.
    var count: Int { received.count }
}

/// What a server answers.
struct HTTPAnswer {
    let status: Int
    let head: String
    let body: String

    init(
        _ path: String, method: String = "GET", at address: String = "127.0.0.1", port: UInt16,
        host: String? = nil
    ) throws {
        let connection = try HTTPConnection(address, port: port)
        connection.ask(path, method: method, host: host ?? "127.0.0.1:\(port)")
        let parts = connection.read(until: nil).components(separatedBy: "\r\n\r\n")
        head = parts[0]
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
    }
}
