import Foundation
import Testing

/// `fgl-sim serve` as a browser and a person at a terminal see it, while real runs write to the file.
@Suite("Serve command", .serialized)
struct ServeCommandTests {
    private static let results = "results/cookbook.sqlite"

    /// A server that goes on until it is interrupted.
    private final class Server {
        let process = Process()
        let output: URL
        let errors: URL
        private(set) var port: UInt16 = 0
        private(set) var firstLine = ""

        init(_ file: String, _ options: String...) throws {
            let folder = URL(fileURLWithPath: Program.temporaryPath("serve"))
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            (output, errors) = (folder.appendingPathComponent("out"), folder.appendingPathComponent("err"))
            for url in [output, errors] { try Data().write(to: url) }
            process.executableURL = Program.executable
            process.arguments = ["serve", file, "--port", "0"] + options
            process.currentDirectoryURL = Program.root
            process.standardOutput = try FileHandle(forWritingTo: output)
            process.standardError = try FileHandle(forWritingTo: errors)
            process.standardInput = FileHandle.nullDevice
            try process.run()
            for _ in 0..<600 where port == 0 {
                firstLine = try String(contentsOf: output, encoding: .utf8)
                if firstLine.hasSuffix("/\n") {
                    port = UInt16(firstLine.dropLast(2).split(separator: ":").last ?? "") ?? 0
                } else {
                    usleep(50_000)
                }
            }
            let told = try String(contentsOf: errors, encoding: .utf8)
            try #require(port > 0, "\(told)")
        }

        deinit {
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }

        /// Ctrl-C.
        func interrupt() throws -> (code: Int32, errors: String) {
            process.interrupt()
            process.waitUntilExit()
            return (process.terminationStatus, try String(contentsOf: errors, encoding: .utf8))
        }
    }

    /// A copy of the repository's results file, to be written to.
    private static func copy() throws -> String {
        let path = Program.temporaryPath("followed.sqlite")
        try FileManager.default.copyItem(
            atPath: Program.root.appendingPathComponent(results).path, toPath: path)
        return path
    }

    @Test("The page is the report, needs nothing from elsewhere, and may not be framed or kept")
    func page() throws {
        let server = try Server(Self.results)
        #expect(server.firstLine == "http://127.0.0.1:\(server.port)/\n")
        let answer = try HTTPAnswer("/", port: server.port)
        #expect(answer.status == 200 && answer.head.contains("Content-Type: text/html; charset=utf-8"))
        for header in ["default-src 'none'", "frame-ancestors 'none'", "no-store", "nosniff"] {
            #expect(answer.head.contains(header), "\(header)")
        }
        #expect(answer.body.hasPrefix("<!doctype html>") && answer.body.hasSuffix("</html>\n"))
        #expect(answer.body.contains("data-version=\"") && answer.body.contains("id=\"live\""))
        let path = Program.temporaryPath("report.html")
        #expect(try Program.run("report", Self.results, "--output", path).code == 0)
        let report = try String(contentsOfFile: path, encoding: .utf8)
        #expect(!report.contains("data-version=") && !report.contains("EventSource"))
        func main(_ html: String) -> String {
            html.components(separatedBy: "<main>").last!.components(separatedBy: "</main>")[0]
        }
        #expect(main(report) == main(answer.body) && main(report).count > 100_000)
        let outcome = try server.interrupt()
        #expect(outcome.code == 0 && outcome.errors == "following \(Self.results); Ctrl-C ends\n")
    }

    @Test("Other paths are not found, other methods not allowed, other names forbidden")
    func refusals() throws {
        let server = try Server(Self.results)
        for path in ["/nothing", "/../../etc/passwd", "/%2e%2e/README.md", "/events/x"] {
            #expect(try HTTPAnswer(path, port: server.port).status == 404, "\(path)")
        }
        #expect(try HTTPAnswer("/", method: "POST", port: server.port).status == 405)
        #expect(try HTTPAnswer("/", method: "DELETE", port: server.port).status == 405)
        let head = try HTTPAnswer("/", method: "HEAD", port: server.port)
        #expect(head.status == 200 && head.body.isEmpty)
        for host in ["evil.example", "evil.example:\(server.port)", "127.0.0.1.evil.example", ""] {
            let answer = try HTTPAnswer("/", port: server.port, host: host)
            #expect(answer.status == 403 && !answer.body.contains("cookbook"), "\(host)")
        }
        for host in ["localhost:\(server.port)", "127.0.0.1", "[::1]:\(server.port)"] {
            #expect(
                try HTTPAnswer("/", method: "HEAD", port: server.port, host: host).status == 200, "\(host)")
        }
    }

    @Test("What is no HTTP leaves the server as it was")
    func noise() throws {
        let server = try Server(Self.results)
        for text in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", ""] {
            let connection = try HTTPConnection("127.0.0.1", port: server.port)
            connection.ask(text, method: "", host: "\u{7F}")
        }
        #expect(try HTTPAnswer("/", method: "HEAD", port: server.port).status == 200)
    }

    @Test("Only this machine's loopback address answers, unless --host says otherwise")
    func loopback() throws {
        let local = try Server(Self.results)
        // Any address of 127.0.0.0/8 reaches who listens everywhere; this one listens at 127.0.0.1 alone.
        #expect(throws: POSIXError.self) { try HTTPAnswer("/", at: "127.0.0.2", port: local.port) }
        let open = try Server(Self.results, "--host", "0.0.0.0")
        #expect(try HTTPAnswer("/", method: "HEAD", at: "127.0.0.2", port: open.port).status == 200)
        #expect(try open.interrupt().errors.contains("other machines can open this page"))
        // The loopback address of IPv6, spelt out, is no other address.
        let spelt = try Server(Self.results, "--host", "0:0:0:0:0:0:0:1")
        #expect(try !spelt.interrupt().errors.contains("other machines"))
    }

    @Test("A real run that adds rows is told as events, and the page then has it; the run is not disturbed")
    func follows() throws {
        let path = try Self.copy(), server = try Server(path)
        let before = try HTTPAnswer("/", port: server.port).body
        let stream = try HTTPConnection("127.0.0.1", port: server.port)
        stream.ask("/events", host: "localhost:\(server.port)")
        let first = stream.read(until: "\n\n\r\n")
        #expect(first.contains("Content-Type: text/event-stream"))
        func versions(_ text: String) -> [String] {
            text.components(separatedBy: "\n").filter { $0.hasPrefix("data: ") }
                .map { String($0.dropFirst(6)) }
        }
        #expect(versions(first).count == 1)
        #expect(before.contains("data-version=\"\(versions(first)[0])\""))

        let position = stream.count
        let run = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "name=late-comer",
            "--set", "training=none", "--set", "methods=[fedavg]")
        #expect(run.code == 0, "\(run.errors)")
        let all = stream.read(until: "data: ", from: position)
        #expect(Set(versions(all)).count > 1)

        // At the latest a second after the last commit the last version has been sent.
        var page = ""
        for _ in 0..<50 where !page.contains("late-comer") {
            usleep(100_000)
            page = try HTTPAnswer("/", port: server.port).body
        }
        #expect(page.contains("late-comer") && !before.contains("late-comer"))
        // Nothing keeps the writer from moving its log into the file when it ends.
        let left = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        #expect(left ?? 0 == 0)
        // The open stream does not keep the server from ending.
        #expect(try server.interrupt().code == 0)
    }

    @Test("A file that is lost while it is served is an answer, not an end")
    func lost() throws {
        let path = try Self.copy(), server = try Server(path)
        #expect(try HTTPAnswer("/", port: server.port).status == 200)
        try FileManager.default.removeItem(atPath: path)
        let gone = try HTTPAnswer("/", port: server.port)
        #expect(gone.status == 500 && gone.body.contains(path) && gone.body.split(separator: "\n").count == 1)
        try FileManager.default.copyItem(
            atPath: Program.root.appendingPathComponent(Self.results).path, toPath: path)
        #expect(try HTTPAnswer("/", port: server.port).status == 200)
    }

    @Test("What cannot be served is told in one line, before anything listens")
    func failures() throws {
        let server = try Server(Self.results)
        let text = Program.temporaryPath("text.sqlite"), foreign = Program.temporaryPath("foreign.sqlite")
        try String(repeating: "no database ", count: 200).write(
            toFile: text, atomically: true, encoding: .utf8)
        _ = try Program.run(
            URL(fileURLWithPath: "/usr/bin/sqlite3"),
            [foreign, "CREATE TABLE t (x); INSERT INTO t VALUES (1);"])
        let cases: [(arguments: [String], code: Int32, says: String)] = [
            ([Self.results, "--port", "\(server.port)"], 73, "the port is in use"),
            (["/no/such.sqlite"], 74, "/no/such.sqlite"),
            ([text], 65, "not an SQLite database"),
            ([foreign], 65, "another program"),
            ([Self.results, "--images", "/no/such"], 74, "/no/such"),
        ]
        for (arguments, code, sentence) in cases {
            let outcome = try Program.run(["serve"] + arguments)
            #expect(outcome.code == code && outcome.output.isEmpty, "\(arguments): \(outcome)")
            #expect(outcome.errors.contains(sentence), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        }
        #expect(try Program.run("serve", Self.results, "--host", "example.org").code == 64)
        #expect(try Program.run("serve", Self.results, "--port", "70000").code == 64)
        #expect(try Program.run("serve").code == 64)
    }
}
