import Core
import Foundation
import Models
import Testing

@Suite struct SafetensorsTests {
    /// A file with the given header and `data` zero bytes behind it.
    private func file(_ header: String, data: Int, length: UInt64? = nil) -> [UInt8] {
        let json = Array(header.utf8)
        return withUnsafeBytes(of: (length ?? UInt64(json.count)).littleEndian, Array.init) + json
            + [UInt8](repeating: 0, count: data)
    }

    private func error(_ bytes: [UInt8]) -> SafetensorsError? {
        do {
            _ = try SafetensorsFile(bytes: bytes, name: "f")
            return nil
        } catch { return error }
    }

    private let sample: [(name: String, tensor: Tensor)] = [
        ("bytes", Tensor.full([3], 7, .uint8)), ("weight", Tensor([1, -2, 3, 0.5], shape: [2, 2])),
        ("count", Tensor(indices: [5], shape: [])), ("none", Tensor.zeros([0, 4])),
    ]

    @Test("what is written is read back: names, shapes, types, elements, metadata")
    func roundTrip() throws {
        let bytes = Safetensors.encode(sample, metadata: ["b": "2 \"quoted\"", "a": "é"])
        let file = try SafetensorsFile(bytes: bytes)
        // Larger elements first, otherwise as given: everything is aligned.
        #expect(Set(file.names) == ["count", "weight", "none", "bytes"] && file.names.first == "count")
        #expect(file.names.last == "bytes")
        #expect(file.metadata == ["a": "é", "b": "2 \"quoted\""])
        #expect(file.shape(of: "none") == [0, 4] && file.shape(of: "count") == [])
        #expect(file.elementType(of: "bytes") == .uint8 && file.elementType(of: "absent") == nil)
        #expect(try file.tensor(named: "weight").floats == [1, -2, 3, 0.5])
        #expect(try file.tensor(named: "count").integers == [5])
        #expect(try file.tensor(named: "bytes").floats == [7, 7, 7])
        #expect(throws: SafetensorsError.missingTensor(file: "message", tensor: "x")) {
            try file.tensor(named: "x")
        }
    }

    @Test("a header whose length has the first bytes of a pickle is no pickle", arguments: [640, 66_176])
    func pickledLength(length: Int) throws {
        let json = #"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#
        let bytes = file(json + String(repeating: " ", count: length - json.utf8.count), data: 1)
        #expect(bytes.starts(with: [0x80, 0x02]))
        let path = NSTemporaryDirectory() + "fgl-header-\(UUID().uuidString).safetensors"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try SafetensorsFile(path: path).names == ["w"])
        // A pickle is still told.
        try Data([0x80, 2, 0x7D, 0x71, 0, 0x2E] + [UInt8](repeating: 0x7B, count: 20)).write(
            to: URL(fileURLWithPath: path))
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        #expect("\(try #require(error))".contains("a pickle"))
    }

    @Test("the bytes are pinned: length, JSON, padding to 8, elements")
    func pinned() {
        let bytes = Safetensors.encode([("w", Tensor([1, 2]))], metadata: ["k": "v"])
        let json = #"{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(json.utf8.count == 79)
        let elements: [UInt8] = [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]
        #expect(bytes == [80, 0, 0, 0, 0, 0, 0, 0] + Array(json.utf8) + [32] + elements)
        #expect(bytes == Safetensors.encode([("w", Tensor([1, 2]))], metadata: ["k": "v"]))
    }

    @Test("the size is known without encoding, for every type and with metadata")
    func sizes() {
        let declarations = sample.map {
            Safetensors.Declaration(name: $0.name, shape: $0.tensor.shape, type: $0.tensor.elementType)
        }
        for type in [nil, ElementType.float16, .bfloat16, .float64] {
            let bytes = Safetensors.encode(sample, as: type, metadata: ["k": "v"])
            #expect(bytes.count == Safetensors.encodedByteCount(declarations, as: type, metadata: ["k": "v"]))
            #expect(throws: Never.self) {
                let file = try SafetensorsFile(bytes: bytes)
                #expect(file.elementType(of: "count") == .int64)
                #expect(try file.tensor(named: "weight").floats == [1, -2, 3, 0.5])
            }
        }
    }

    @Test("files are mapped, replaced whole, and their errors name the path")
    func files() throws {
        try withTemporaryFile { path in
            try Safetensors.write(sample, to: path)
            try Safetensors.write(sample, to: path, as: .float16)
            let file = try SafetensorsFile(path: path)
            #expect(file.elementType(of: "weight") == .float16)
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file.safetensors"])
            let absent = path + ".absent"
            let reading = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: absent) }
            #expect(reading?.isFileAccess == true)
            #expect(reading?.description.hasPrefix(absent + ": cannot be read") == true)
            let nowhere = folder + "/no/such/folder"
            let writing = #expect(throws: SafetensorsError.self) {
                try Safetensors.write(sample, to: nowhere)
            }
            #expect(writing?.isUnwritable == true && writing?.isFileAccess == false)
            #expect(writing?.description.hasPrefix(nowhere + ": cannot be written: ") == true)
        }
    }

    @Test("every fault of a header is told in its own sentence")
    func faults() {
        let good = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        #expect(error(file(good, data: 8)) == nil)
        let malformed = "f: its header is not that of a safetensors file"
        let table: [([UInt8], String)] = [
            ([1, 2, 3], "f: has 3 bytes; its header alone needs 8"),
            (file(good, data: 0, length: 500), "f: has 62 bytes; its header alone needs 508"),
            (file(good, data: 0, length: .max),
                "f: declares a header of 18446744073709551615 bytes; allowed are 100000000"),
            (file(" {}", data: 0), "\(malformed): it does not start with {"),
            (file("{", data: 0), "\(malformed): it is not JSON"),
            (file(#"{"w":3}"#, data: 0), "\(malformed): w is of the wrong kind"),
            (file(#"{"w":{"dtype":"F32","shape":[2]}}"#, data: 8), "\(malformed): w has no data_offsets"),
            (file(#"{"__metadata__":{"k":1}}"#, data: 0),
                "\(malformed): __metadata__/k is of the wrong kind"),
            (file(#"{"w":{"dtype":"F4","shape":[2],"data_offsets":[0,8]}}"#, data: 8),
                "f: tensor w has element type F4; allowed are F32, F64, F16, BF16, I64, I32, U8, BOOL"),
            (file(#"{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, data: 8),
                "f: tensor w has shape [-2]; allowed are sizes of 0 and more that fit memory"),
            (file(#"{"w":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#, data: 8),
                "f: tensor w has shape [9223372036854775807, 4]; "
                    + "allowed are sizes of 0 and more that fit memory"),
            (file(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 4),
                "f: the file is cut off: it has 4 of the 8 bytes that its header declares"),
            (file(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, data: 8),
                "f: tensor w has offsets [8, 0]; allowed are a start and an end in 0...8"),
            (file(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, data: 8),
                "f: tensor w has offsets [0]; allowed are a start and an end in 0...8"),
            (file(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, data: 8),
                "f: tensor w has 8 bytes of data; its shape and type need 4"),
            (file(#"{"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"#
                + #""w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, data: 4),
                "f: tensor w starts at byte 0 of the data; the one before ends at 4"),
            (file(#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, data: 8),
                "f: tensor w starts at byte 4 of the data; the one before ends at 0"),
            (file(good, data: 9), "f: its tensors end at byte 8 of the data; the file goes on to 9"),
            (file(#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
                + #""w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, data: 8),
                "f: its header uses a name twice; names must differ"),
            (file(#"{"w":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}"#, data: 8),
                "f: its header uses a name twice; names must differ"),
        ]
        for (bytes, sentence) in table { #expect(error(bytes)?.description == sentence) }
    }

    @Test("numbers that are no integers are refused", arguments: [
        "1.5", "1e400", "99999999999999999999", "\"2\"", "null",
    ])
    func numbers(_ text: String) {
        let header = #"{"w":{"dtype":"F32","shape":[\#(text)],"data_offsets":[0,8]}}"#
        let found = error(file(header, data: 8))
        guard case .malformedHeader = found else {
            Issue.record("\(text) gives \(String(describing: found))")
            return
        }
    }

    @Test("2,000 mutations of a file never crash, and what they report lies inside the file")
    func mutations() {
        let original = Safetensors.encode(sample, metadata: ["k": "v"])
        var generator = RandomStream(seed: 11)
        var accepted = 0
        for _ in 0..<2_000 {
            var bytes = original
            for _ in 0...generator.index(below: 4) {
                let place = generator.index(below: bytes.count)
                let byte = UInt8(truncatingIfNeeded: generator.next())
                switch generator.index(below: 4) {
                case 0: bytes[place] = byte
                case 1: bytes.removeSubrange(place...)
                case 2: bytes.insert(byte, at: place)
                default: bytes[place] ^= 1 << (byte % 8)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let file = try? SafetensorsFile(bytes: bytes) else { continue }
            accepted += 1
            for name in file.names {
                let range = file.byteRange(of: name)!
                #expect(range.lowerBound >= 8 && range.upperBound <= bytes.count)
                #expect((try? file.tensor(named: name))?.shape == file.shape(of: name))
            }
        }
        #expect(accepted > 20, "mutations of elements leave a file valid")
    }

    @Test("a store loads from a prefix, converts types, and changes nothing when something is wrong")
    func stores() throws {
        let store = ParameterStore()
        let weight = store.root.parameter("weight", [2], .zeros)
        let count = (store.root / "norm").buffer("count", [], .counter)
        func file(_ tensors: [(name: String, tensor: Tensor)]) throws -> SafetensorsFile {
            try SafetensorsFile(bytes: Safetensors.encode(tensors), name: "f")
        }
        let half = Tensor([1.5, 2]).to(.float16)
        let nine = Tensor(indices: [9], shape: [])
        try store.load(file([("m.weight", half), ("m.norm.count", nine), ("other", half)]), prefix: "m.")
        #expect(weight.floats == [1.5, 2] && weight.elementType == .float32 && count.integers == [9])

        let table: [([(name: String, tensor: Tensor)], String)] = [
            ([("norm.count", nine)], "f: has no tensor weight"),
            ([("weight", Tensor([1, 2, 3])), ("norm.count", nine)],
                "f: tensor weight has shape [3]; the model expects [2]"),
            ([("weight", Tensor([8, 8])), ("norm.count", nine), ("z", nine)],
                "f: tensor z is not part of the model"),
            ([("weight", Tensor([8, 8])), ("norm.count", nine), ("y", nine), ("z", nine)],
                "f: tensor y is not part of the model, and 1 more are not"),
        ]
        for (tensors, sentence) in table {
            let bad = try file(tensors)
            let error = #expect(throws: SafetensorsError.self) { try store.load(bad) }
            #expect(error?.description == sentence)
        }
        #expect(weight.floats == [1.5, 2])
        try store.load(file([("weight", Tensor([8, 8])), ("norm.count", nine), ("z", nine)]), strict: false)
        #expect(weight.floats == [8, 8])
        #expect(store.encodedByteCount(as: .float16) == store.encoded(as: .float16).count)
    }

    @Test("files that other programs wrote are read")
    func foreignFiles() throws {
        // PyTorch's, beside the tests: there wherever the sources are.
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/stable-diffusion-velocity/expected.safetensors").path
        let file = try SafetensorsFile(path: path)
        #expect(!file.names.isEmpty)
        for name in file.names { #expect(try file.tensor(named: name).shape == file.shape(of: name)) }
    }
}
