/// An event file of TensorBoard: records of TFRecord, each a message `Event` of
/// tensorflow/core/util/event.proto.
package struct TensorBoardEvents {
    /// The file so far.
    package private(set) var bytes: [UInt8] = []
    private let start: Double

    /// A file with its header.
    ///
    /// - Parameter start: wall time in seconds since 1970.
    package init(start: Double) {
        self.start = start
        var event = ProtobufMessage()
        event.double(1, start)
        event.string(3, "brain.Event:2")
        append(event)
    }

    /// Adds a scalar.
    package mutating func scalar(_ tag: String, _ value: Double, step: Int, virtualSeconds: Double) {
        var entry = ProtobufMessage()
        entry.string(1, tag)
        entry.float(2, Float(value))
        append(entry, step: step, virtualSeconds: virtualSeconds)
    }

    /// Adds an image, encoded as PNG with three channels.
    package mutating func image(_ tag: String, png: [UInt8], width: Int, height: Int) {
        var image = ProtobufMessage()
        image.integer(1, height)
        image.integer(2, width)
        image.integer(3, 3)
        image.field(4, png)
        var entry = ProtobufMessage()
        entry.string(1, tag)
        entry.field(4, image.bytes)
        append(entry, step: 0, virtualSeconds: 0)
    }

    /// `Event { wall_time = 1, step = 2, summary = 5 { value = 1 } }`.
    private mutating func append(_ entry: ProtobufMessage, step: Int, virtualSeconds: Double) {
        var summary = ProtobufMessage()
        summary.field(1, entry.bytes)
        var event = ProtobufMessage()
        event.double(1, start + virtualSeconds)
        event.integer(2, step)
        event.field(5, summary.bytes)
        append(event)
    }

    private mutating func append(_ event: ProtobufMessage) { bytes += TFRecord.record(event.bytes) }
}

/// TensorFlow's framing of records: length, checksum of the length, data, checksum of the data; all numbers
/// little-endian, checksums masked CRC-32C (tensorflow/core/lib/io/record_writer.h).
package enum TFRecord {
    package static func record(_ data: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(data.count))
        return length + littleEndian(maskedChecksum(length)) + data + littleEndian(maskedChecksum(data))
    }

    /// Rotated right by 15 bits and shifted by a constant, so that a checksum of data that hold checksums is
    /// no trivial one.
    package static func maskedChecksum(_ data: [UInt8]) -> UInt32 {
        let checksum = crc32c(data)
        return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
    }

    /// CRC-32C (Castagnoli), reflected, as RFC 3720 has it.
    package static func crc32c(_ data: [UInt8]) -> UInt32 {
        ~data.reduce(0xFFFF_FFFF) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

/// The wire format of protocol buffers, as far as event files need it.
package struct ProtobufMessage {
    package private(set) var bytes: [UInt8] = []

    /// An empty message.
    package init() {}

    /// A `double`: wire type 1.
    package mutating func double(_ number: Int, _ value: Double) {
        varint(UInt64(number << 3 | 1))
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// A `float`: wire type 5.
    package mutating func float(_ number: Int, _ value: Float) {
        varint(UInt64(number << 3 | 5))
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
    }

    /// An `int32` or `int64`: wire type 0.
    package mutating func integer(_ number: Int, _ value: Int) {
        varint(UInt64(number << 3))
        varint(UInt64(bitPattern: Int64(value)))
    }

    /// A `string`: wire type 2.
    package mutating func string(_ number: Int, _ value: String) { field(number, Array(value.utf8)) }

    /// `bytes` or a message: wire type 2.
    package mutating func field(_ number: Int, _ value: [UInt8]) {
        varint(UInt64(number << 3 | 2))
        varint(UInt64(value.count))
        bytes += value
    }

    /// Seven bits a byte, the lowest first.
    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
