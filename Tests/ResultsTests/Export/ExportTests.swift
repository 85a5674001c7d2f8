import Foundation
import Results
import TestSupport
import Testing

@Suite("Exports")
struct ExportTests {
    @Test("CRC-32C is RFC 3720's")
    func checksum() {
        #expect(TFRecord.crc32c(Array("123456789".utf8)) == 0xE306_9283)
        #expect(TFRecord.crc32c(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(TFRecord.crc32c(Array(repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(TFRecord.crc32c(Array(0..<32)) == 0x46DD_794E)
        #expect(TFRecord.crc32c([]) == 0)
    }

    @Test("A record is length, masked checksum, data, masked checksum")
    func record() {
        let record = TFRecord.record(Array("abc".utf8))
        #expect(record.count == 8 + 4 + 3 + 4)
        #expect(Array(record[0..<8]) == [3, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(record[12..<15]) == Array("abc".utf8))
        // ((crc >> 15) | (crc << 17)) + 0xa282ead8 of crc32c("abc") = 0x364B3FB7.
        let crc: UInt32 = 0x364B_3FB7
        #expect(TFRecord.crc32c(Array("abc".utf8)) == crc)
        let masked = ((crc >> 15) | (crc << 17)) &+ 0xa282_ead8
        #expect(Array(record[15..<19]) == withUnsafeBytes(of: masked.littleEndian) { Array($0) })
    }

    @Test("Messages are protocol buffers' wire format")
    func wire() {
        var message = ProtobufMessage()
        message.integer(2, 300)
        message.string(1, "tag")
        message.float(2, 1)
        message.double(1, -2)
        #expect(
            message.bytes == [
                0x10, 0xAC, 0x02, 0x0A, 3, 0x74, 0x61, 0x67, 0x15, 0, 0, 0x80, 0x3F, 0x09, 0, 0, 0, 0, 0, 0,
                0, 0xC0,
            ])
        var negative = ProtobufMessage()
        negative.integer(1, -1)
        #expect(negative.bytes == [0x08] + Array(repeating: 0xFF, count: 9) + [0x01])
    }

    @Test("An event file begins with its version, and every record's checksums are right")
    func eventFile() throws {
        var file = TensorBoardEvents(start: 1000)
        file.scalar("test/accuracy", 0.5, step: 3, virtualSeconds: 2.5)
        let records = try EventFile.records(of: file.bytes)
        #expect(records.count == 2)
        #expect(String(decoding: records[0], as: UTF8.self).contains("brain.Event:2"))
        // wall_time 1002.5; step 3; summary { value { tag, simple_value 0.5 } }.
        let tag = Array("test/accuracy".utf8)
        let value = [0x0A, UInt8(tag.count)] + tag + [0x15, 0, 0, 0, 0x3F]
        let summary = [0x0A, UInt8(value.count)] + value
        let wall = withUnsafeBytes(of: 1002.5.bitPattern.littleEndian) { Array($0) }
        #expect(records[1] == [0x09] + wall + [0x10, 3, 0x2A, UInt8(summary.count)] + summary)
    }

    /// Whether this machine's Python has TensorBoard.
    private static let hasTensorBoard = (try? python("import tensorboard"))?.code == 0

    private static func python(_ arguments: String...) throws -> (code: Int32, output: String) {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }

    @Test("TensorBoard's own reader finds every scalar", .enabled(if: hasTensorBoard))
    func tensorBoard() throws {
        let folder = SampleLog.temporaryPath("tb")
        try RunExport(path: SampleLog.path(seeds: [1])).tensorBoard(
            pictures: [.init(name: "sheet", bytes: Self.png)]
        ) { name, bytes in
            let url = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
            #expect(try EventFile.records(of: bytes).count > 1)
        }
        let script = """
            import sys, glob
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            for path in sorted(glob.glob(sys.argv[1] + "/*/")):
                a = EventAccumulator(path, size_guidance={"images": 0}); a.Reload()
                for tag in a.Tags()["scalars"]:
                    print(tag, [(e.step, round(e.value, 4)) for e in a.Scalars(tag)])
                for tag in a.Tags()["images"]:
                    print(tag, [(e.width, e.height) for e in a.Images(tag)])
            """
        let (code, text) = try Self.python(script, folder)
        #expect(code == 0)
        #expect(text.contains("test/accuracy [(1, 0.22), (2, 0.42), (3, 0.62)]"), "\(text)")
        #expect(text.contains("clients/train/loss [(1, 2.0), (2, 1.0), (3, 0.6667)]"))
        #expect(text.contains("bytes/up [(1, 4000000.0), (2, 7400000.0), (3, 11400000.0)]"))
        #expect(text.contains("sheet [(1, 1)]"))
    }

    @Test("A trace is JSON whose slices do not overlap on a track, and whose arrows have both ends")
    func perfetto() throws {
        let bytes = try RunExport(path: SampleLog.path()).perfetto()
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        let events = try #require(object?["traceEvents"] as? [[String: Any]])
        func number(_ event: [String: Any], _ key: String) -> Double {
            (event[key] as? NSNumber)?.doubleValue ?? .nan
        }
        var tracks: [String: [(Double, Double)]] = [:]
        for event in events where event["ph"] as? String == "X" {
            let track = "\(event["pid"]!) \(event["tid"]!)"
            tracks[track, default: []].append(
                (number(event, "ts"), number(event, "ts") + number(event, "dur")))
        }
        #expect(tracks.count >= 2 * (4 + 1 + 4 + 1))
        for (track, slices) in tracks {
            let long = slices.filter { $0.1 > $0.0 }.sorted { $0 < $1 }
            for (one, next) in zip(long, long.dropFirst()) { #expect(one.1 <= next.0, "\(track)") }
        }
        func ids(_ phase: String) -> [Int] {
            events.filter { $0["ph"] as? String == phase }.compactMap { $0["id"] as? Int }.sorted()
        }
        #expect(!ids("s").isEmpty && ids("s") == ids("f"))
        #expect(Set(ids("s")).count == ids("s").count)
        let names = Set(events.compactMap { ($0["args"] as? [String: Any])?["name"] as? String })
        #expect(names.contains("server") && names.contains("client 3"))
        let counters = Set(events.filter { $0["ph"] as? String == "C" }.compactMap { $0["name"] as? String })
        #expect(counters == ["bytes", "accuracy"])
        // FedAvg's first upload: 10 s to 15 s are 5,000,000 µs.
        #expect(
            events.contains {
                $0["name"] as? String == "upload weights" && number($0, "ts") == 1e7
                    && number($0, "dur") == 5e6
            })
    }

    @Test("Every table and view is a CSV file with the rows that sqlite3 counts")
    func csv() throws {
        let path = try SampleLog.path(seeds: [1])
        var files: [String: String] = [:]
        try RunExport(path: path).csv { files[$0] = String(decoding: $1, as: UTF8.self) }
        let tables = try RunTable.query(
            path,
            """
            SELECT name FROM sqlite_schema
            WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
            """
        ).map { $0[0] }
        #expect(tables.count >= 28 && Set(files.keys) == Set(tables.map { "\($0).csv" }))
        // Texts of these have line ends of their own.
        for table in tables where !["run", "label_count", "experiment", "planned_run"].contains(table) {
            let count = Int(try RunTable.query(path, "SELECT count(*) FROM \(table)")[0][0])!
            #expect(files["\(table).csv"]!.components(separatedBy: "\r\n").count == count + 2, "\(table)")
        }
        #expect(files["sample_image.csv"] == "set_sha256,label,position,class,caption,jpeg\r\n")
        #expect(files["label_count.csv"]!.contains("\"a <b> & \"\"c\"\"\""))
        #expect(files["run.csv"]!.hasPrefix("run_id,name,method,seed,clients,status,"))
        #expect(files["run.csv"]!.contains("\"name: sample\nseed: 1\n\""))
    }

    @Test("Pictures are hexadecimal text in CSV files, of a file of version 0.1, too")
    func pictures() throws {
        let path = QueryCookbookTests.root.appendingPathComponent("results/cookbook.sqlite").path
        var files: [String: String] = [:]
        try RunExport(path: path).csv { files[$0] = String(decoding: $1, as: UTF8.self) }
        let rows = try #require(files["sample_image.csv"]).components(separatedBy: "\r\n")
        let pictures = try RunTable.query(path, "SELECT hex(jpeg) FROM sample_image").map { $0[0] }
        #expect(rows.count == pictures.count + 2 && pictures.count == 120)
        for (row, picture) in zip(rows.dropFirst(), pictures) where !row.hasSuffix(",\(picture)") {
            Issue.record("\(row)")
        }
    }

    /// A picture of one pixel.
    private static let png: [UInt8] = Array(
        Data(
            base64Encoded:
                "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        )!)
}

/// Reads what `TFRecord` wrote, and checks both checksums.
enum EventFile {
    struct Damage: Error {}

    static func records(of bytes: [UInt8]) throws -> [[UInt8]] {
        var records: [[UInt8]] = [], rest = bytes[...]
        func number(_ slice: ArraySlice<UInt8>) -> UInt64 {
            slice.reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
        while !rest.isEmpty {
            guard rest.count >= 16 else { throw Damage() }
            let length = rest.prefix(8), size = Int(number(length))
            guard rest.count >= 16 + size else { throw Damage() }
            let data = Array(rest.dropFirst(12).prefix(size))
            guard number(rest.dropFirst(8).prefix(4)) == UInt64(TFRecord.maskedChecksum(Array(length))),
                number(rest.dropFirst(12 + size).prefix(4)) == UInt64(TFRecord.maskedChecksum(data))
            else { throw Damage() }
            records.append(data)
            rest = rest.dropFirst(16 + size)
        }
        return records
    }
}
