import Foundation

/// What a driver, its bridge and its workers say to each other: a JSON object, and bytes behind it.
///
/// A frame is the length of the object as 4 bytes, most significant first, the object, and the bodies, whose
/// lengths its list `bodies` has (docs/cluster.md).
package struct Frame: Sendable {
    /// The object as JSON.
    package let header: [UInt8]
    /// The bytes behind it.
    package let bodies: [[UInt8]]

    /// The longest object, in bytes.
    package static let longestHeader = 64 << 20
    /// The longest body, in bytes.
    package static let longestBody = 4 << 30
    private static let mostBodies = 1 << 20

    package init(_ header: some Encodable, bodies: [[UInt8]] = []) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let whole = WithLengths(content: header, bodies: bodies.map(\.count))
            self.header = try [UInt8](encoder.encode(whole))
        } catch {
            preconditionFailure("a header cannot be encoded: \(error)")
        }
        self.bodies = bodies
    }

    private init(header: [UInt8], bodies: [[UInt8]]) {
        self.header = header
        self.bodies = bodies
    }

    private struct WithLengths<Content: Encodable>: Encodable {
        let content: Content
        let bodies: [Int]

        enum CodingKeys: String, CodingKey { case bodies }

        func encode(to encoder: any Encoder) throws {
            try content.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(bodies, forKey: .bodies)
        }
    }

    private struct Lengths: Decodable {
        let bodies: [Int]?
    }

    /// The object; `nil` where it is not of this type.
    package func decoded<Header: Decodable>(_ type: Header.Type) -> Header? {
        try? JSONDecoder().decode(type, from: Data(header))
    }
}

// MARK: - Reading and writing

extension Frame {
    /// The next frame of a stream.
    ///
    /// - Parameter patience: how many seconds nothing may come; without it, for ever.
    /// - Returns: `nil` at the end of the stream, also in the middle of a frame, where nothing has come for
    ///   too long, and where what follows is no frame: nothing behind it could be understood.
    package static func read(from descriptor: Int32, patience: Double? = nil) -> Frame? {
        guard let head = bytes(4, from: descriptor, patience) else { return nil }
        let length = head.reduce(0) { $0 << 8 | Int($1) }
        guard length <= longestHeader, let header = bytes(length, from: descriptor, patience),
            let lengths = try? JSONDecoder().decode(Lengths.self, from: Data(header)).bodies ?? [],
            lengths.count <= mostBodies, lengths.allSatisfy({ 0...longestBody ~= $0 })
        else { return nil }
        var bodies: [[UInt8]] = []
        for length in lengths {
            guard let body = bytes(length, from: descriptor, patience) else { return nil }
            bodies.append(body)
        }
        return Frame(header: header, bodies: bodies)
    }

    /// So many bytes; room for them is made as they arrive, whatever length was announced.
    private static func bytes(
        _ count: Int, from descriptor: Int32, _ patience: Double?
    ) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let room = min(count - bytes.count, 64 << 20)
            let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, used in
                while used < room {
                    if let patience, !comes(from: descriptor, within: patience) { return }
                    let got = Foundation.read(descriptor, buffer.baseAddress! + used, room - used)
                    if got < 0, errno == EINTR { continue }
                    guard got > 0 else { return }
                    used += got
                }
            }
            guard part.count == room else { return nil }
            if bytes.isEmpty { bytes = part } else { bytes += part }
        }
        return bytes
    }

    /// Whether something comes, or the end. In three parts: a process that was stopped in between, and those
    /// that it waits for with it, has time to go on.
    private static func comes(from descriptor: Int32, within seconds: Double) -> Bool {
        for _ in 0..<3 {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&entry, 1, Int32(seconds * 1000 / 3)) > 0 { return true }
        }
        return false
    }

    /// Writes the frame.
    ///
    /// - Returns: whether all of it was written.
    package func write(to descriptor: Int32) -> Bool {
        let length = UInt32(header.count)
        let head = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        return Self.write(head + header, to: descriptor)
            && bodies.allSatisfy { Self.write($0, to: descriptor) }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var position = 0
        while position < bytes.count {
            let written = bytes.withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress! + position, bytes.count - position)
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return false }
            position += written
        }
        return true
    }
}
