import Foundation
import Models

/// A folder that is removed when the test lets go of it.
final class TemporaryDataFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "fgl-data-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and the folders it stands in.
    func write(_ bytes: [UInt8], to name: String) throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    func write(_ text: String, to name: String) throws { try write([UInt8](text.utf8), to: name) }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path + "/" + name, withIntermediateDirectories: true)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    /// Writes a PNG of one colour.
    func writeImage(_ name: String, gray: UInt8 = 0, side: Int = 4) throws {
        try write(try ImageCodec.encodePNG(.flat(gray, side: side)), to: name)
    }

    /// Writes `train` and `test` with the given classes, `count` images each; image i of class c is gray 16 c
    /// + i.
    func writeClasses(_ classes: [String], count: Int = 3, splits: [String] = ["train", "test"]) throws {
        for split in splits {
            for (label, name) in classes.enumerated() {
                for index in 0..<count {
                    try writeImage("\(split)/\(name)/\(index).png", gray: UInt8(16 * label + index))
                }
            }
        }
    }
}

extension RGBImage {
    /// A square of one gray level.
    static func flat(_ gray: UInt8, side: Int) -> RGBImage {
        RGBImage(width: side, height: side, pixels: [UInt8](repeating: gray, count: 3 * side * side))
    }

    /// The pattern of `Fixtures/resize.json`.
    static func pattern(width: Int, height: Int) -> RGBImage {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<3 {
                    pixels.append(UInt8((5 * x + 3 * y + 40 * c + (x * x * (y + c)) % 17 * 6) % 256))
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// A smooth picture, which JPEG keeps nearly as it is.
    static func gradient(width: Int, height: Int) -> RGBImage {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels += [
                    UInt8(255 * x / width), UInt8(255 * y / height), UInt8(127 * (x + y) / (width + height)),
                ]
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}

/// Reference files beside the tests.
enum DataFixture {
    static func decode<Value: Decodable>(_ type: Value.Type, _ name: String, here: String = #filePath) throws
        -> Value
    {
        let folder = URL(fileURLWithPath: here).deletingLastPathComponent().appendingPathComponent("Fixtures")
        return try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(name)))
    }
}

/// The largest difference of two byte sequences; nil when their lengths differ.
func largestDifference(_ one: [UInt8], _ other: [UInt8]) -> Int? {
    guard one.count == other.count else { return nil }
    return zip(one, other).map { abs(Int($0) - Int($1)) }.max() ?? 0
}
