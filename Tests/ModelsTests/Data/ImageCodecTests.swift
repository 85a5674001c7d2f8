import Core
import Foundation
import Models
import Testing

@Suite("Image codec")
struct ImageCodecTests {
    /// One file of `Fixtures/codec.json`; bytes are base64.
    struct Reference: Decodable, CustomTestStringConvertible {
        let name: String
        let file: Data
        let width: Int
        let height: Int
        let rgb: Data
        let tolerance: Int
        var testDescription: String { name }
    }
    struct References: Decodable { let files: [Reference] }

    static let references = (try? DataFixture.decode(References.self, "codec.json").files) ?? []

    @Test("the reference files are there")
    func referencesExist() { #expect(Self.references.count == 14) }

    @Test("every kind of file decodes to the pixels that Pillow reads", arguments: references)
    func kinds(_ reference: Reference) throws {
        let image = try ImageCodec().decode(reference.file)
        #expect(image.width == reference.width && image.height == reference.height)
        let difference = try #require(largestDifference(image.pixels, [UInt8](reference.rgb)))
        #expect(difference <= reference.tolerance)
    }

    static let turned = (try? DataFixture.decode(References.self, "orientation.json").files) ?? []

    @Test("a picture is turned as its camera was held, as Pillow's exif_transpose turns it")
    func orientations() throws {
        #expect(Self.turned.count == 40)
        try withTemporaryFolder { folder in
            for reference in Self.turned {
                let path = "\(folder)/picture"
                try reference.file.write(to: URL(filePath: path))
                let image = try ImageCodec().decode(uprightFileAt: path)
                #expect((image.width, image.height) == (reference.width, reference.height))
                let difference = try #require(largestDifference(image.pixels, [UInt8](reference.rgb)))
                #expect(difference <= reference.tolerance, "\(reference.name)")
                // A data set has pixels as they are stored.
                #expect(try ImageCodec().decode(fileAt: path).width == 6)
            }
        }
    }

    @Test("a damaged Exif part says nothing: the picture is as it is stored, or the file is no picture")
    func damagedOrientation() throws {
        let reference = try #require(Self.turned.first { $0.name == "JPEG 6 <" })
        let whole = [UInt8](reference.file)
        let start = try #require(whole.indices.first { whole[$0...].starts(with: Array("Exif".utf8)) })
        for place in start - 4..<start + 60 {
            for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
                var bytes = whole
                bytes[place] = value
                _ = bytes.withUnsafeBytes(Orientation.init)
                for length in [place, place + 1] {
                    _ = Array(bytes.prefix(length)).withUnsafeBytes(Orientation.init)
                }
            }
        }
        #expect(whole.withUnsafeBytes(Orientation.init) == .quarterRight)
    }

    @Test("PNG is lossless", arguments: [(1, 1), (1, 50), (50, 1), (33, 17)])
    func roundTrip(width: Int, height: Int) throws {
        let image = RGBImage.pattern(width: width, height: height)
        #expect(try ImageCodec().decode(ImageCodec.encodePNG(image)) == image)
    }

    @Test("JPEG of quality 95 stays within 6 grey levels on a smooth picture")
    func jpegRoundTrip() throws {
        let image = RGBImage.gradient(width: 40, height: 24)
        let decoded = try ImageCodec().decode(ImageCodec.encodeJPEG(image, quality: 95))
        #expect(try #require(largestDifference(decoded.pixels, image.pixels)) <= 6)
    }

    @Test("a truncated PNG is an error at every length, up to the checksum and trailer after the pixels")
    func truncatedPNG() throws {
        let image = RGBImage.pattern(width: 9, height: 7)
        let file = try ImageCodec.encodePNG(image)
        let trailerBytes = 4 + 12
        let codec = ImageCodec()
        for length in 0..<file.count {
            let decoded = try? codec.decode(Array(file.prefix(length)))
            #expect(
                decoded == nil || (length >= file.count - trailerBytes && decoded == image), "\(length) bytes"
            )
        }
    }

    @Test("a truncated JPEG is an error at every length, and the same decoder still reads the whole file")
    func truncatedJPEG() throws {
        let file = try ImageCodec.encodeJPEG(.pattern(width: 20, height: 20), quality: 80)
        let codec = ImageCodec()
        let whole = try codec.decode(file)
        for length in 0..<file.count {
            #expect(throws: ImageCodecError.self, "\(length) bytes") {
                try codec.decode(Array(file.prefix(length)))
            }
            #expect(try codec.decode(file) == whole, "after \(length) bytes")
        }
    }

    @Test("every file of the references is an error when half of it is missing", arguments: references)
    func halves(_ reference: Reference) {
        let half = Array(reference.file.prefix(reference.file.count / 2))
        #expect(throws: ImageCodecError.self) { try ImageCodec().decode(half) }
    }

    @Test("files with changed bytes decode or fail, and never crash", arguments: references)
    func damaged(_ reference: Reference) {
        var generator = RandomStream(seed: 5)
        let codec = ImageCodec()
        for _ in 0..<300 {
            var bytes = [UInt8](reference.file)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
            if let image = try? codec.decode(bytes, forSide: 2) {
                #expect(image.pixels.count == 3 * image.width * image.height)
            }
        }
    }

    @Test("a header that declares too many pixels is refused before memory is taken")
    func hugeHeaders() throws {
        let png = try Self.png(declaring: 60_000, by: 60_000)
        #expect(throws: ImageCodecError.tooLarge(width: 60_000, height: 60_000)) {
            try ImageCodec().decode(png)
        }
        let limit = ImageCodec.maximumPixels
        let wide = try Self.png(declaring: limit + 1, by: 1)
        #expect(throws: ImageCodecError.tooLarge(width: limit + 1, height: 1)) {
            try ImageCodec().decode(wide)
        }
        let jpeg = try Self.jpeg(declaring: 65_000, by: 64_000)
        #expect(throws: ImageCodecError.tooLarge(width: 65_000, height: 64_000)) {
            try ImageCodec().decode(jpeg)
        }
    }

    @Test("a header that declares more pixels than the file holds is an error")
    func lyingHeaders() throws {
        let png = try Self.png(declaring: 900, by: 800)
        #expect(throws: ImageCodecError.self) { try ImageCodec().decode(png) }
        let jpeg = try Self.jpeg(declaring: 900, by: 800)
        #expect(throws: ImageCodecError.self) { try ImageCodec().decode(jpeg) }
        let empty = try Self.png(declaring: 0, by: 8)
        #expect(throws: ImageCodecError.self) { try ImageCodec().decode(empty) }
    }

    @Test("other formats and no bytes at all are refused by their signature")
    func unknownFormats() {
        for bytes in [[], [0xFF], [0xFF, 0xD8], Array("GIF8".utf8.dropLast()), Array("RIFF....WEB".utf8)]
            as [[UInt8]]
        {
            #expect(throws: ImageCodecError.unknownFormat) { try ImageCodec().decode(bytes) }
        }
        let known: [([UInt8], String)] = [
            (Array("GIF89a".utf8), "a GIF file"), (Array("<svg/>".utf8), "an SVG file"),
            (Array("RIFF....WEBPVP8 ".utf8), "a WebP file"), (Array("BM......".utf8), "a BMP file"),
            ([0, 0, 0, 0x1C] + Array("ftypavif".utf8), "an AVIF file"),
            ([0, 0, 0, 0x18] + Array("ftypheic".utf8), "a HEIC file"),
            ([0x49, 0x49, 0x2A, 0, 8, 0], "a TIFF file"), (Array("<!DOCTYPE html>".utf8), "a web page"),
            (
                Array("version https://git-lfs.github.com/spec/v1\n".utf8),
                "a git-lfs pointer, not the file itself"
            ),
        ]
        for (bytes, name) in known {
            #expect(throws: ImageCodecError.otherFormat(name)) { try ImageCodec().decode(bytes) }
        }
    }

    @Test("bytes after the end of a JPEG do no harm")
    func trailingBytes() throws {
        let file = try ImageCodec.encodeJPEG(.pattern(width: 16, height: 16), quality: 80)
        #expect(try ImageCodec().decode(file + [0, 0, 1, 2, 3]) == ImageCodec().decode(file))
    }

    @Test(
        "a large JPEG is decoded at a fraction that stays at least twice the side",
        arguments: [
            (400, 300, 16, 8), (400, 300, 37, 4), (400, 300, 38, 2), (401, 301, 75, 2), (400, 300, 76, 1),
            (30, 40, 16, 1),
        ])
    func scaledDecoding(width: Int, height: Int, side: Int, divisor: Int) throws {
        let file = try ImageCodec.encodeJPEG(.gradient(width: width, height: height), quality: 90)
        let image = try ImageCodec().decode(file, forSide: side)
        #expect(image.width == (width + divisor - 1) / divisor)
        #expect(image.height == (height + divisor - 1) / divisor)
        // The picture is the same: its resized version agrees with that of the full decoding.
        let full = Resize.planarSquare(try ImageCodec().decode(file), side: side)
        #expect(try #require(largestDifference(Resize.planarSquare(image, side: side), full)) <= 4)
    }

    @Test("PNG files are written whole, and an impossible path is an error that names it")
    func writing() throws {
        let folder = try TemporaryDataFolder()
        let image = RGBImage.pattern(width: 12, height: 5)
        try ImageCodec.writePNG(image, to: folder.path + "/sheet.png")
        #expect(try ImageCodec().decode(fileAt: folder.path + "/sheet.png") == image)
        let impossible = folder.path + "/no/folder/sheet.png"
        let error = #expect(throws: DataError.self) { try ImageCodec.writePNG(image, to: impossible) }
        #expect(error?.description.hasPrefix(impossible + ": cannot be written: ") == true)
    }

    @Test("gray and planar bytes become interleaved RGB")
    func channelOrders() {
        #expect(RGBImage(width: 2, height: 1, gray: [7, 9] as [UInt8]).pixels == [7, 7, 7, 9, 9, 9])
        #expect(
            RGBImage(width: 2, height: 1, planar: [1, 2, 3, 4, 5, 6] as [UInt8]).pixels == [1, 3, 5, 2, 4, 6])
    }

    /// An 8 × 8 PNG whose header declares another size, with a right checksum.
    static func png(declaring width: Int, by height: Int) throws -> [UInt8] {
        var file = try ImageCodec.encodePNG(.pattern(width: 8, height: 8))
        file.replaceSubrange(16..<24, with: bigEndian(width) + bigEndian(height))
        file.replaceSubrange(29..<33, with: bigEndian(Int(crc32(file[12..<29]))))
        return file
    }

    /// An 8 × 8 JPEG whose frame header declares another size.
    static func jpeg(declaring width: Int, by height: Int) throws -> [UInt8] {
        var file = try ImageCodec.encodeJPEG(.pattern(width: 8, height: 8), quality: 80)
        let frame = try #require((0..<file.count - 1).first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
        file.replaceSubrange(frame + 5..<frame + 9, with: bigEndian(height << 16 | width))
        return file
    }

    private static func bigEndian(_ value: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// CRC-32 as the PNG specification defines it (annex D).
    private static func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(UInt32.max) { start, byte in
            (0..<8).reduce(start ^ UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}
