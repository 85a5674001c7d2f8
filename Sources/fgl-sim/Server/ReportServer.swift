import Dispatch
import FlyingFox
import FlyingSocks
import Foundation
import Results
import Scenarios

/// Serves one report over HTTP: `/` is the page, `/events` the stream of its versions.
struct ReportServer: Sendable {
    let report: LiveReport
    let address: ListeningAddress

    /// Whether nobody but this machine can reach it.
    var isLocal: Bool { address.isLoopback }

    /// Listens until SIGINT or SIGTERM.
    ///
    /// - Parameter ready: called with the page's address as soon as it can be opened.
    /// - Throws: `CommandError.cannotListen`.
    func run(ready: @escaping @Sendable (String) -> Void) throws {
        let server = HTTPServer(
            address: address.socket, timeout: 120, logger: .disabled, handler: ReportHandler(server: self))
        let serving = Task { try await listen(server, ready) }
        let signals = [SIGINT, SIGTERM].map { InterruptHandler.listen(to: $0) { serving.cancel() } }
        defer { for signal in signals { signal.cancel() } }
        // The rest of the program is synchronous: its thread waits here.
        let ended = DispatchSemaphore(value: 0)
        let outcome = Outcome()
        Task {
            outcome.result = await serving.result
            ended.signal()
        }
        ended.wait()
        if case .failure(let error) = outcome.result, !(error is CancellationError), !serving.isCancelled {
            throw CommandError.cannotListen(address: "\(address)", reason: Self.reason(error))
        }
    }

    private func listen(_ server: HTTPServer, _ ready: @escaping @Sendable (String) -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                try await server.waitUntilListening()
                ready(address.url(port: await server.listeningAddress?.port))
            }
            for try await _ in group {}
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard case .failed(_, let code, let message)? = error as? SocketError else { return "\(error)" }
        return code == EADDRINUSE
            ? "the port is in use; choose another --port (0: any that is free)" : message.lowercased()
    }

    /// How the server ended; written before the semaphore that its reader waits for.
    private final class Outcome: @unchecked Sendable {
        var result: Result<Void, any Error>?
    }
}

/// Answers requests.
private struct ReportHandler: HTTPHandler {
    let server: ReportServer

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
        guard request.method == .GET || request.method == .HEAD else {
            return text(.methodNotAllowed, "only GET and HEAD are allowed\n")
        }
        // A page elsewhere whose name was made to point here must not read the report ("DNS rebinding").
        guard !server.isLocal || Self.isLocal(request.headers[.host]) else {
            return text(.forbidden, "open this page by the address that fgl-sim serve has printed\n")
        }
        switch request.path {
        case "/": return page(isWhole: request.method == .GET)
        case "/events": return events(isWhole: request.method == .GET)
        default: return text(.notFound, "not found; the report is at /\n")
        }
    }

    private func page(isWhole: Bool) -> HTTPResponse {
        do {
            let page = try server.report.page()
            var headers = Self.headers
            headers[.contentType] = "text/html; charset=utf-8"
            return HTTPResponse(
                statusCode: .ok, headers: headers,
                body: HTTPBodySequence(
                    data: isWhole ? Data(page.html.utf8) : Data(), suggestedBufferSize: 1 << 16))
        } catch {
            return text(.internalServerError, "\(error)\n")
        }
    }

    private func events(isWhole: Bool) -> HTTPResponse {
        var headers = Self.headers
        headers[.contentType] = "text/event-stream"
        guard isWhole else { return HTTPResponse(statusCode: .ok, headers: headers) }
        return HTTPResponse(
            statusCode: .ok, headers: headers, body: HTTPBodySequence(from: VersionEvents(server.report)))
    }

    private func text(_ status: HTTPStatusCode, _ text: String) -> HTTPResponse {
        var headers = Self.headers
        headers[.contentType] = "text/plain; charset=utf-8"
        return HTTPResponse(statusCode: status, headers: headers, body: Data(text.utf8))
    }

    /// The page carries its style, script and pictures itself and asks this server alone.
    private static let headers: HTTPHeaders = [
        HTTPHeader("Cache-Control"): "no-store",
        HTTPHeader("X-Content-Type-Options"): "nosniff",
        HTTPHeader("Content-Security-Policy"):
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ]

    private static func isLocal(_ host: String?) -> Bool {
        guard let host, let name = URLComponents(string: "http://\(host)")?.host else { return false }
        let bare = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        return ListeningAddress(bare, port: 0)?.isLoopback == true
    }
}

/// Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html: the file's version at
/// once and after each change, and a comment now and then, by which a connection that nobody reads is
/// noticed.
private struct VersionEvents: AsyncBufferedSequence {
    typealias Element = UInt8
    let report: LiveReport

    init(_ report: LiveReport) { self.report = report }

    func makeAsyncIterator() -> Iterator { Iterator(report: report) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        let report: LiveReport
        private var sent: String?
        private static let heartbeat = Duration.seconds(10)

        init(report: LiveReport) { self.report = report }

        mutating func next() async throws -> UInt8? {
            preconditionFailure("bytes are asked for in buffers")
        }

        mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
            let start = ContinuousClock.now
            while true {
                let version = report.version
                if version != sent {
                    sent = version
                    return Array("event: version\nid: \(version)\ndata: \(version)\n\n".utf8)
                }
                if ContinuousClock.now - start > Self.heartbeat { return Array(": still here\n\n".utf8) }
                try await Task.sleep(for: .seconds(report.pace))
            }
        }
    }
}
