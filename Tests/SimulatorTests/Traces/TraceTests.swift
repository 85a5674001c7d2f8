import Core
import Foundation
import Simulator
import Testing

private func problem(_ body: () throws -> Void) throws -> String {
    "\(try #require(throws: TraceError.self) { try body() })"
}

@Suite("Capacity traces")
struct CapacityTraceTests {
    private func trace(_ text: String, clients: Int = 3) throws -> CapacityTrace {
        try CapacityTrace(text: text, file: "t.csv", clients: clients)
    }

    @Test("columns are found by name, lines by client; comments, spaces and Windows lines do not matter")
    func own() throws {
        let read = try trace(
            "\u{FEFF}# phones\r\n\r\nclient, flops_per_s,uplink_Bps\r\n2,3e9,30\r\n0, 1e9,10\r\n"
                + "# note\r\n1,2e9,20\r\n"
        )
        #expect(try read.column(.flopsPerSecond) == [1e9, 2e9, 3e9])
        #expect(try read.column(.uplink) == [10, 20, 30])
        #expect(
            try problem { _ = try read.column(.latency) }
                == "t.csv:3: the scenario asks for the column latency_s, "
                + "but the trace has uplink_Bps, flops_per_s"
        )
    }

    @Test("FedScale's capacities: kbit/s and ms per sample, dealt out in the order of the file")
    func fedScale() throws {
        // 8 kbit/s are 1000 bytes/s; 6e8 FLOPs in 100 ms are 6e9 FLOP/s.
        let read = try trace("client,computation,communication\n1,100,8\n7,50.0,16\n", clients: 5)
        #expect(try read.column(.uplink) == [1000, 2000, 1000, 2000, 1000])
        #expect(try read.column(.downlink) == read.column(.uplink))
        #expect(try read.column(.flopsPerSecond) == [6e9, 1.2e10, 6e9, 1.2e10, 6e9])
        let other = try trace(
            "# flops-per-sample: 1e9\nclient,computation,communication\n1,100,8\n", clients: 1)
        #expect(try other.column(.flopsPerSecond) == [1e10])
    }

    @Test(
        "what is wrong is told with file, line, value and what is allowed",
        arguments: [
            ("", "t.csv: the trace has no values; allowed: a header such as "),
            ("client,uplink_Bps\n", "t.csv: the trace has no values"),
            (
                "uplink_Bps,client\n1,2\n",
                "t.csv:1: uplink_Bps,client is not the header of such a trace; allowed: client,"
            ),
            ("client\n0\n", "t.csv:1: client is not the header of such a trace"),
            (
                "client,uplink\n0,1\n",
                "t.csv:1: uplink is no column of a trace, or stands there twice; "
                    + "allowed: uplink_Bps, downlink_Bps, latency_s, flops_per_s, slowdown"
            ),
            (
                "client,slowdown,slowdown\n0,1,1\n",
                "t.csv:1: slowdown is no column of a trace, or stands there twice"
            ),
            ("client,uplink_Bps\n0,1\n1\n", "t.csv:3: 1 values, but the header has 2 columns"),
            ("client,uplink_Bps\n0,1,2\n", "t.csv:2: 3 values, but the header has 2 columns"),
            (
                "client,uplink_Bps\n0,1\n1,0\n",
                "t.csv:3: uplink_Bps: 0 is not allowed; allowed: bytes per second from 1 to 1e15"
            ),
            ("client,uplink_Bps\n0,-5\n", "t.csv:2: uplink_Bps: -5 is not allowed"),
            ("client,uplink_Bps\n0,nan\n", "t.csv:2: uplink_Bps: nan is not allowed"),
            ("client,uplink_Bps\n0,inf\n", "t.csv:2: uplink_Bps: inf is not allowed"),
            ("client,uplink_Bps\n0,1e999\n", "t.csv:2: uplink_Bps: 1e999 is not allowed"),
            ("client,uplink_Bps\n0,\n", "t.csv:2: uplink_Bps: no value is not allowed"),
            ("client,uplink_Bps\n0,20Mbps\n", "t.csv:2: uplink_Bps: 20Mbps is not allowed"),
            ("client,slowdown\n0,0\n", "t.csv:2: slowdown: 0 is not allowed"),
            (
                "client,latency_s\n0,-0.1\n",
                "t.csv:2: latency_s: -0.1 is not allowed; allowed: seconds from 0 to 86400"
            ),
            (
                "client,uplink_Bps\n-1,1\n",
                "t.csv:2: client: -1 is not allowed; allowed: a whole number, 0 or more"
            ),
            ("client,uplink_Bps\n1.5,1\n", "t.csv:2: client: 1.5 is not allowed"),
            ("client,uplink_Bps\n3,1\n", "t.csv:2: there is no client 3; allowed: 0 to 2"),
            ("client,uplink_Bps\n0,1\n0,2\n", "t.csv:3: client 0 stands in line 2 already; allowed: once"),
            (
                "client,uplink_Bps\n0,1\n2,2\n",
                "t.csv: there is no line for client 1; allowed: every client from 0 to 2"
            ),
            ("client,computation,communication\n1,0,5\n", "t.csv:2: computation: 0 is not allowed"),
            ("client,computation,communication\n1,5,-1\n", "t.csv:2: communication: -1 is not allowed"),
            (
                "client,computation,communication\n1,5,1\n1,5,1\n",
                "t.csv:3: client 1 stands in line 2 already"
            ),
            (
                "# flops-per-sample: 0\nclient,computation,communication\n1,5,1\n",
                "t.csv:1: flops-per-sample: 0 is not allowed"
            ),
            // What a link or a device of a scenario cannot be, a trace does not give either.
            ("client,uplink_Bps\n0,0.001\n", "t.csv:2: uplink_Bps: 0.001 is not allowed"),
            ("client,downlink_Bps\n0,1e17\n", "t.csv:2: downlink_Bps: 1e17 is not allowed"),
            ("client,latency_s\n0,86401\n", "t.csv:2: latency_s: 86401 is not allowed"),
            ("client,flops_per_s\n0,1e25\n", "t.csv:2: flops_per_s: 1e25 is not allowed"),
            ("client,slowdown\n0,1e9\n", "t.csv:2: slowdown: 1e9 is not allowed; allowed: a factor from"),
            ("client,computation,communication\n1,1e-20,1\n", "t.csv:2: computation: 1e-20 is not allowed"),
            ("client,computation,communication\n1,5,1e14\n", "t.csv:2: communication: 1e14 is not allowed"),
            // Settings: misspelt, of another kind, twice.
            (
                "# flops-per-samples: 6e11\nclient,computation,communication\n1,5,1\n",
                "t.csv:1: # flops-per-samples: is no setting of a trace; allowed: # flops-per-sample: and"
            ),
            (
                "# flop_per_sample: 6e11\nclient,computation,communication\n1,5,1\n",
                "t.csv:1: # flop_per_sample: is no setting of a trace; allowed: # flops-per-sample: and"
            ),
            (
                "# note: x\n# period_s: 3\nclient,computation,communication\n1,5,1\n",
                "t.csv:2: # period_s: is no setting of this kind of trace; allowed: # flops-per-sample:"
            ),
            (
                "# flops-per-sample: 1\nclient,uplink_Bps\n0,5\n",
                "t.csv:1: # flops-per-sample: is no setting of this kind of trace; allowed: none"
            ),
            (
                "# flops-per-sample: 1e9\n# flops-per-sample: 2e9\nclient,computation,communication\n1,5,1\n",
                "t.csv:2: # flops-per-sample: stands in line 1 already; allowed: once"
            ),
        ])
    func invalid(text: String, sentence: String) throws {
        #expect(try problem { _ = try trace(text) }.hasPrefix(sentence))
    }

    @Test("Comments that resemble a setting from afar are comments")
    func comments() throws {
        let lines = "# persons: 40 volunteers\n# periodic: no\n# flops: many\n"
        let text = "\(lines)client,start_s,end_s\n0,0,5\n1,0,5\n2,0,5\n"
        _ = try AvailabilityTrace(text: text, file: "t.csv", clients: 3)
    }

    @Test("What a log has noted is taken as the version that noted it took it: nearest bounds, idle settings")
    func recorded() throws {
        let own = try CapacityTrace(
            text: "# period_s: 5\n# perod_s: 3\nclient,uplink_Bps,latency_s\n0,0.001,0\n1,1e17,1e9\n2,5,1\n",
            file: "t.csv", clients: 3, isRecorded: true)
        #expect(try own.column(.uplink) == [1, 1e15, 5])
        #expect(try own.column(.latency) == [0, 86_400, 1])
        let phones = try CapacityTrace(
            text: "# flops-per-sample: 1\n# flops-per-sample: 2e9\nclient,computation,communication\n"
                + "1,1e-20,1e14\n2,1000,8\n",
            file: "t.csv", clients: 2, isRecorded: true)
        // The setting that stands last, and the fastest device that there may be.
        let speeds = try phones.column(.flopsPerSecond)
        #expect(abs(speeds[0] / 1e24 - 1) < 1e-12 && speeds[1] == 2e9)
        #expect(try phones.column(.uplink) == [1e15, 1000])
        let times = try AvailabilityTrace(
            text: "# period_s: 1e10\nclient,start_s,end_s\n0,5,11\n", file: "t.csv", clients: 1,
            isRecorded: true)
        #expect(times.pattern(of: 0).period == .seconds(9e9))
        _ = try LinkTrace(text: "# period_s: banana\n1\n2\n", file: "t.csv", clients: 1, isRecorded: true)
    }

    @Test("a file that is not there, or is no text, is an error that says so")
    func unreadable() throws {
        let missing = try #require(throws: TraceError.self) {
            try CapacityTrace(path: "/nowhere/t.csv", clients: 1)
        }
        #expect(missing.isFileAccess)
        #expect("\(missing)" == "/nowhere/t.csv: the trace cannot be read: no such file, or no permission")
        let path = FileManager.default.temporaryDirectory.path + "/fgl-trace-\(UInt64.max).csv"
        #expect(FileManager.default.createFile(atPath: path, contents: Data([0x63, 0xFF, 0xFE])))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(
            try problem { _ = try CapacityTrace(path: path, clients: 1) }
                == "\(path):1: the byte 0xFF is not UTF-8 (is the file in Latin-1 or Windows-1252?); "
                + "save it in UTF-8")
    }

    @Test("any text is read or refused, never a trap")
    func anyText() {
        let counts = (0..<200).reduce((read: 0, all: 0)) { sum, seed in
            let (read, all) = readable(seed: UInt64(seed))
            return (sum.read + read, sum.all + all)
        }
        #expect(counts.read > 0 && counts.read < counts.all / 2, "\(counts)")
    }

    /// How many random traces of a seed are read, of how many.
    private func readable(seed: UInt64) -> (read: Int, all: Int) {
        var stream = RandomStream(seed: seed, purpose: "fuzz")
        let pieces = [
            "client", ",", ",", "\n", "\n", "0", "1", "2", "-1", "nan", "1e400", "uplink_Bps", "start_s",
            "end_s",
            "# period_s: 10", "#", ":", " ", "computation", "communication", "finish_time", "active",
            "inactive",
            "\u{1F600}", "\0", "\r\n", "9223372036854775808",
        ]
        let text = (0..<stream.index(below: 60)).map { _ in pieces[stream.index(below: pieces.count)] }
            .joined()
        // A line for each client, so that what follows alone decides.
        let headers = [
            "", "client,uplink_Bps\n0,1\n1,1\n2,1\n", "client,start_s,end_s\n0,0,1\n1,0,1\n2,0,1\n",
            "client,finish_time,active,inactive\n0,9,1,2\n",
        ]
        var read = 0
        for header in headers {
            if (try? CapacityTrace(text: header + text, file: "t", clients: 3)) != nil { read += 1 }
            if (try? AvailabilityTrace(text: header + text, file: "t", clients: 3)) != nil { read += 1 }
        }
        return (read, 2 * headers.count)
    }
}

@Suite("Availability traces")
struct AvailabilityTraceTests {
    private func trace(_ text: String, clients: Int = 2) throws -> AvailabilityTrace {
        try AvailabilityTrace(text: text, file: "t.csv", clients: clients)
    }

    private func outage(_ start: Double, _ end: Double) -> Outage {
        Outage(start: .seconds(start), end: .seconds(end))
    }

    @Test("a line is a window; with a period the windows come again")
    func own() throws {
        let once = try trace("client,start_s,end_s\n1,0,10\n0,5,10\n0,20,30\n")
        #expect(once.pattern(of: 0).outage(at: .start) == outage(0, 5))
        #expect(once.pattern(of: 0).outage(at: .seconds(6)) == outage(10, 20))
        #expect(once.pattern(of: 1).outage(at: .seconds(6)) == Outage(start: .seconds(10)))
        let again = try trace("# period_s: 40\nclient,start_s,end_s\n0,5,10\n0,20,30\n1,0,40\n")
        #expect(again.pattern(of: 0).outage(at: .seconds(35)) == outage(30, 45))
        #expect(again.pattern(of: 1).outage(at: .seconds(35)) == nil)
    }

    @Test("FedScale's behaviour: active from each active instant to its inactive one, modulo finish_time")
    func fedScale() throws {
        // The last activity of the second entry has no end: it lasts until finish_time.
        let read = try trace(
            "client,finish_time,active,inactive\n1,100,10 50,30 90\n2,100,0 60,20\n3,100,,\n", clients: 4)
        #expect(read.pattern(of: 0).outage(at: .seconds(30)) == outage(30, 50))
        #expect(read.pattern(of: 0).outage(at: .seconds(95)) == outage(90, 110))
        #expect(read.pattern(of: 1).outage(at: .seconds(99)) == outage(120, 160))
        #expect(read.pattern(of: 2).outage(at: .seconds(5)) == Outage(start: .start))
        #expect(read.pattern(of: 3) == read.pattern(of: 0))
    }

    @Test("FedScale's windows may touch, overlap or be empty")
    func untidyWindows() throws {
        let read = try trace(
            "client,finish_time,active,inactive\n1,100,10 20 25 40,20 30 35 40\n", clients: 1)
        #expect(read.pattern(of: 0).windows == [.init(from: .seconds(10), to: .seconds(35))])
    }

    @Test("is_active of FedScale agrees at every instant of a random trace", arguments: 0..<20)
    func agreesWithFedScale(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, purpose: "behaviour")
        var instant = stream.index(below: 5)
        var starts: [Int] = [], ends: [Int] = []
        while instant < 80 {
            starts.append(instant)
            instant += 1 + stream.index(below: 10)
            ends.append(instant)
            instant += 1 + stream.index(below: 10)
        }
        let list = { (instants: [Int]) in instants.map { "\($0)" }.joined(separator: " ") }
        let read = try trace(
            "client,finish_time,active,inactive\n1,100,\(list(starts)),\(list(ends))\n", clients: 1)
        for tenth in 0..<3000 where tenth % 10 != 0 {
            // Between whole seconds, where open and closed ends do not differ.
            let now = Double(tenth) / 10
            let time = now.truncatingRemainder(dividingBy: 100)
            let isActive = zip(starts, ends).contains { Double($0) <= time && time <= Double($1) }
            let isAway = read.pattern(of: 0).outage(at: .seconds(now))?.contains(.seconds(now)) ?? false
            #expect(isActive != isAway, "at \(now) s")
        }
    }

    @Test(
        "what is wrong is told with file, line, value and what is allowed",
        arguments: [
            ("client,start_s\n0,1\n", "t.csv:1: client,start_s is not the header of such a trace; allowed: "),
            (
                "client,start_s,end_s\n0,5,5\n",
                "t.csv:2: end_s: 5 is not allowed; allowed: a time after start_s"
            ),
            (
                "client,start_s,end_s\n0,5,4\n",
                "t.csv:2: end_s: 4 is not allowed; allowed: a time after start_s"
            ),
            ("client,start_s,end_s\n0,-5,4\n", "t.csv:2: start_s: -5 is not allowed"),
            ("client,start_s,end_s\n0,nan,4\n", "t.csv:2: start_s: nan is not allowed"),
            (
                "client,start_s,end_s\n0,1,1e300\n",
                "t.csv:2: end_s: 1e300 is not allowed; allowed: at most 1e9 s"
            ),
            (
                "client,start_s,end_s\n0,1,5\n0,4,9\n",
                "t.csv:3: start_s: 4 is not allowed; "
                    + "allowed: a time not before the end of the client's window before"
            ),
            (
                "# period_s: 10\nclient,start_s,end_s\n0,5,11\n",
                "t.csv:3: end_s: 11 is not allowed; allowed: a time within"
            ),
            ("# period_s: -1\nclient,start_s,end_s\n0,5,11\n", "t.csv:1: period_s: -1 is not allowed"),
            (
                "# period_s: 0.5\nclient,start_s,end_s\n0,0,0.4\n",
                "t.csv:1: period_s: 0.5 is not allowed; allowed: seconds from 1 to 9e9"
            ),
            ("# period_s: 1e10\nclient,start_s,end_s\n0,5,11\n", "t.csv:1: period_s: 1e10 is not allowed"),
            ("# perods: 20\nclient,start_s,end_s\n0,5,11\n", "t.csv:1: # perods: is no setting of a trace"),
            ("client,start_s,end_s\n0,1,5\n2,1,5\n", "t.csv:3: there is no client 2; allowed: 0 to 1"),
            (
                "client,start_s,end_s\n1,1,5\n",
                "t.csv: there is no line for client 0; allowed: every client from 0 to 1"
            ),
            ("client,finish_time,active,inactive\n1,0,1,2\n", "t.csv:2: finish_time: 0 is not allowed"),
            (
                "client,finish_time,active,inactive\n1,10,1 5,2 4\n",
                "t.csv:2: inactive: 2 4 is not allowed; allowed: no window that ends before it starts"
            ),
            (
                "client,finish_time,active,inactive\n1,10,1,11\n",
                "t.csv:2: inactive: 11 is not allowed; allowed: instants up to"
            ),
            (
                "client,finish_time,active,inactive\n1,10,1 2 3,2\n",
                "t.csv:2: inactive: 2 is not allowed; allowed: as many"
            ),
            (
                "client,finish_time,active,inactive\n1,10,1 x,2\n",
                "t.csv:2: active: 1 x is not allowed; allowed: finite"
            ),
        ])
    func invalid(text: String, sentence: String) throws {
        #expect(try problem { _ = try trace(text) }.hasPrefix(sentence))
    }
}

@Suite("The traces that are shipped")
struct ShippedTraceTests {
    private var folder: String {
        URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("../../../scenarios/traces").standardizedFileURL.path
    }

    @Test("100 phones, every column")
    func phones() throws {
        let trace = try CapacityTrace(path: "\(folder)/phones.csv", clients: 100)
        for column in TraceColumn.allCases { #expect(try trace.column(column).count == 100) }
        #expect(try trace.column(.slowdown).count { $0 > 1 } == 15)
    }

    @Test("100 phones by night: each there for a third of the week, give or take")
    func nights() throws {
        let trace = try AvailabilityTrace(path: "\(folder)/nights.csv", clients: 100)
        let fractions = (0..<100).map { client in
            trace.pattern(of: client).windows.reduce(0) { $0 + ($1.end - $1.start).seconds } / 604_800
        }
        #expect(fractions.allSatisfy { $0 > 0.1 && $0 < 0.6 })
        #expect(abs(fractions.reduce(0, +) / 100 - 0.31) < 0.05)
    }
}
