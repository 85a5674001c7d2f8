import Core
import Foundation

/// A synthetic set on disk: PNG files by class, and `manifest.json` with the origin of each.
///
/// `train/<class>/…` and `test/<class>/…`, as the reader of image folders (and other tools) wants them; a set
/// that a server trains on has no `test`.
public struct SyntheticSetFolder: Sendable, Hashable {
    /// One image of a manifest.
    public struct Entry: Codable, Sendable, Hashable {
        /// Its PNG file, relative to the folder.
        public var file: String
        /// Its class index.
        public var label: Int
        /// What it was to show.
        public var prompt: String
        /// Where its noise came from; a string, since JSON's numbers end at 53 bits.
        public var seed: String
        /// SHA-256 of its planar pixels, hexadecimal.
        public var sha256: String
    }

    private struct Manifest: Codable, Hashable {
        var classes: [String]
        var side: Int
        var images: [Entry]
    }

    /// The folder with `manifest.json`.
    public let path: String
    /// SHA-256 of the manifest, hexadecimal, which pins every image by its own hash.
    public let sha256: String
    private let manifest: Manifest

    /// Names of the classes, by label.
    public var classNames: [String] { manifest.classes }
    /// The images, in the order of the manifest.
    public var entries: [Entry] { manifest.images }

    private static let fileName = "manifest.json"
    private static let largestSide = 4096

    /// Reads the manifest; images are read when they are asked for.
    ///
    /// - Throws: `DataError` where it is missing, or is not what `write` makes.
    public init(path: String) throws(DataError) {
        guard DataFiles.isFolder(path) else { throw .missingFolder(path: path) }
        let file = "\(path)/\(Self.fileName)"
        let bytes = try DataFiles.read(file)
        do throws(UTF8Text.Failure) {
            _ = try UTF8Text.text(ofFile: bytes)
        } catch {
            throw .malformed(path: file, line: error.place?.line, reason: error.description)
        }
        guard let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)) else {
            throw .malformed(path: file, line: nil, reason: "not the manifest of a synthetic set")
        }
        guard !manifest.images.isEmpty else {
            throw .malformed(path: file, line: nil, reason: "a synthetic set without images")
        }
        guard (8...Self.largestSide).contains(manifest.side) else {
            throw .malformed(
                path: file, line: nil,
                reason: "images of \(manifest.side) pixels; allowed are 8 to \(Self.largestSide)")
        }
        for (record, entry) in manifest.images.enumerated() {
            guard manifest.classes.indices.contains(entry.label) else {
                throw .labelOutOfRange(
                    path: file, record: record, label: entry.label, classes: manifest.classes.count)
            }
            // A manifest must not lead out of its folder.
            guard !entry.file.hasPrefix("/"), !entry.file.split(separator: "/").contains("..") else {
                throw .malformed(
                    path: file, line: nil, reason: "'\(entry.file.prefix(60))' is no file of this folder")
            }
        }
        self.path = path
        self.manifest = manifest
        sha256 = Self.hash(bytes)
    }

    /// The images of the classes `labels`, their prompts as captions.
    ///
    /// - Parameters:
    ///   - labels: the classes to read.
    ///   - side: what they are resized to.
    /// - Throws: `DataError` for a file that is missing, damaged, or not the one that the manifest describes.
    public func images(labels: Set<Int>, side: Int) throws(DataError) -> ImageSet {
        let chosen = manifest.images.filter { labels.contains($0.label) }
        let codec = ImageCodec()
        var pixels: [UInt8] = []
        pixels.reserveCapacity(chosen.count * 3 * side * side)
        for entry in chosen {
            let file = "\(path)/\(entry.file)"
            let image = try codec.decode(fileAt: file)
            guard image.width == manifest.side, image.height == manifest.side else {
                throw .malformed(
                    path: file, line: nil,
                    reason: "\(image.width) x \(image.height) pixels; the manifest says \(manifest.side)")
            }
            let planar = Resize.planarSquare(image, side: manifest.side)
            guard Self.hash(planar) == entry.sha256 else {
                throw .malformed(path: file, line: nil, reason: "its pixels are not those of the manifest")
            }
            pixels += side == manifest.side ? planar : Resize.planarSquare(image, side: side)
        }
        return ImageSet(
            side: side, pixels: pixels, labels: chosen.map { Int32($0.label) }, classNames: manifest.classes,
            captions: chosen.map(\.prompt))
    }

    private static func hash(_ bytes: some Sequence<UInt8>) -> String {
        SHA256.hash(data: Array(bytes)).hexadecimal
    }
}

extension SyntheticSetFolder {
    /// Writes a set, whose captions are its prompts.
    ///
    /// - Parameters:
    ///   - images: what is written, with labels and prompts.
    ///   - seeds: where the noise of each image came from.
    ///   - testEvery: every so many images of a class go to `test`, the last first; nil sends all to
    ///     `train`.
    ///   - path: the folder, made where it is not there.
    /// - Precondition: `images` has a caption and `seeds` a seed for each image.
    /// - Throws: `DataError.unwritable`, `ImageCodecError`.
    @discardableResult
    public static func write(
        _ images: ImageSet, seeds: [UInt64], testEvery: Int? = nil, to path: String
    ) throws -> SyntheticSetFolder {
        precondition(
            images.captions.count == images.count && seeds.count == images.count,
            "\(images.captions.count) prompts and \(seeds.count) seeds for \(images.count) images")
        var counts = [Int](repeating: 0, count: images.classNames.count)
        var entries: [Entry] = []
        let folders = folderNames(of: images.classNames)
        for index in 0..<images.count {
            let label = Int(images.labels[index])
            let isTest = testEvery.map { counts[label] % $0 == $0 - 1 } ?? false
            let folder = "\(isTest ? "test" : "train")/\(folders[label])"
            if counts[label] < 2 || isTest { try makeFolder("\(path)/\(folder)") }
            let number = String(counts[label])
            counts[label] += 1
            let file = "\(folder)/\(String(repeating: "0", count: max(0, 6 - number.count)))\(number).png"
            let planar = images.image(at: index)
            try ImageCodec.writePNG(
                RGBImage(width: images.side, height: images.side, planar: planar), to: "\(path)/\(file)")
            entries.append(
                Entry(
                    file: file, label: label, prompt: images.captions[index], seed: "\(seeds[index])",
                    sha256: hash(planar)))
        }
        try makeFolder(path)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let manifest = Manifest(classes: images.classNames, side: images.side, images: entries)
        do {
            try encoder.encode(manifest)
                .write(to: URL(fileURLWithPath: "\(path)/\(fileName)"), options: .atomic)
        } catch {
            throw DataError.unwritable(
                path: "\(path)/\(fileName)", reason: error.systemReason)
        }
        return try SyntheticSetFolder(path: path)
    }

    private static func makeFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw DataError.unwritable(path: path, reason: error.systemReason)
        }
    }

    /// A folder for each class: its name in letters, digits and `_`, which readers turn back into spaces; a
    /// number behind it where two would be the same.
    static func folderNames(of classes: [String]) -> [String] {
        var used: Set<String> = []
        return classes.enumerated().map { index, name in
            let kept = name.unicodeScalars.map { scalar in
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "-"
                    ? Character(scalar) : "_"
            }
            let base = kept.isEmpty ? "class" : String(kept.prefix(80))
            let result = used.contains(base) || base == "_" ? "\(base)_\(index)" : base
            used.insert(result)
            return result
        }
    }
}
