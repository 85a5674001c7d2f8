import Foundation

/// An image as decoded: 8 bits a channel, red, green, blue interleaved, rows from top to bottom.
public struct RGBImage: Sendable, Hashable {
    /// Width in pixels, at least 1.
    public let width: Int
    /// Height in pixels, at least 1.
    public let height: Int
    /// Interleaved bytes, `[height, width, 3]`.
    public let pixels: [UInt8]

    /// Makes an image from interleaved bytes.
    ///
    /// - Precondition: `width` and `height` are positive and `pixels.count == 3 * width * height`.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(width > 0 && height > 0, "an image of \(width) x \(height) pixels")
        precondition(
            pixels.count == 3 * width * height, "\(pixels.count) bytes for \(width) x \(height) pixels")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Makes a gray image: the bytes of `gray`, `[height, width]`, in all three channels.
    ///
    /// - Precondition: `gray.count == width * height`.
    public init(width: Int, height: Int, gray: some Collection<UInt8>) {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * gray.count)
        for value in gray {
            pixels.append(value)
            pixels.append(value)
            pixels.append(value)
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// Makes an image from one planar image, `[3, height, width]`, as `ImageSet` stores them.
    ///
    /// - Precondition: `planar.count == 3 * width * height`.
    public init(width: Int, height: Int, planar: some RandomAccessCollection<UInt8>) {
        let plane = width * height
        precondition(planar.count == 3 * plane, "\(planar.count) bytes for \(width) x \(height) pixels")
        var pixels = [UInt8](repeating: 0, count: 3 * plane)
        for (offset, value) in planar.enumerated() {
            pixels[(offset % plane) * 3 + offset / plane] = value
        }
        self.init(width: width, height: height, pixels: pixels)
    }
}

/// The image formats that are read and written.
public enum ImageFormat: String, Sendable, Hashable {
    case jpeg = "JPEG"
    case png = "PNG"

    /// The format whose signature `bytes` start with; names of files do not count.
    ///
    /// Signatures: ITU-T T.81 B.1.1.3 (SOI and the next marker) and the PNG specification, section 5.2.
    init?(signatureOf bytes: UnsafeRawBufferPointer) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else {
            return nil
        }
    }
}

/// Decodes JPEG and PNG files to RGB and encodes RGB images, through TurboJPEG and libspng.
///
/// One instance belongs to one thread: it keeps the working memory of the JPEG decoder between images.
public final class ImageCodec {
    /// The largest image that is decoded, in pixels (64 megapixels, 192 MB); a header that declares more is
    /// refused before anything is allocated for it.
    public static let maximumPixels = 64_000_000

    /// The largest image file that is read, in bytes.
    public static let largestFile = 512 << 20

    private let jpeg = JPEGDecoder()

    /// Makes a codec for the calling thread.
    public init() {}

    /// The image in `bytes`, whose format is recognised by its signature.
    ///
    /// Gray and palette images become RGB, 16-bit channels keep their high byte, and transparency is dropped
    /// (as torchvision's image folder does), so a transparent pixel shows the colour stored under it.
    ///
    /// - Parameters:
    ///   - bytes: a PNG or JPEG file's.
    ///   - side: when given, the caller will reduce the shorter side to this many pixels: a JPEG may be
    ///     decoded at 1/2, 1/4 or 1/8 of its size as long as its shorter side stays at least twice `side`.
    /// - Throws: `ImageCodecError` when the format is unknown, the image larger than `maximumPixels`, or the
    ///   file truncated or damaged.
    public func decode(
        _ bytes: some ContiguousBytes, forSide side: Int? = nil
    ) throws(ImageCodecError) -> RGBImage {
        let outcome = bytes.withUnsafeBytes { buffer -> Result<RGBImage, ImageCodecError> in
            switch ImageFormat(signatureOf: buffer) {
            case .jpeg: jpeg.decode(buffer, forSide: side)
            case .png: PNGCoder.decode(buffer)
            case nil: .failure(ForeignFormat.name(of: buffer).map { .otherFormat($0) } ?? .unknownFormat)
            }
        }
        return try outcome.get()
    }

    /// The image in the file at `path`, as a viewer shows it: turned as its camera says (`Orientation`).
    ///
    /// - Throws: as `decode(fileAt:forSide:)`.
    public func decode(uprightFileAt path: String) throws(DataError) -> RGBImage {
        try decode(path) { bytes throws(ImageCodecError) in
            try decode(bytes).turned(bytes.withUnsafeBytes(Orientation.init))
        }
    }

    /// The image in the file at `path`, pixels as they are stored.
    ///
    /// - Throws: `DataError.fileAccess` when the file cannot be read, `DataError.undecodable` when it is not
    ///   an image that `decode(_:forSide:)` accepts.
    public func decode(fileAt path: String, forSide side: Int? = nil) throws(DataError) -> RGBImage {
        try decode(path) { bytes throws(ImageCodecError) in try decode(bytes, forSide: side) }
    }

    private func decode(
        _ path: String, by decode: (_ bytes: [UInt8]) throws(ImageCodecError) -> RGBImage
    ) throws(DataError) -> RGBImage {
        let bytes = try DataFiles.read(SizedFile(path), limit: Self.largestFile)
        do { return try decode(bytes) } catch { throw .undecodable(path: path, reason: error) }
    }

    /// A PNG file of `image`: 8-bit true colour, lossless.
    ///
    /// - Throws: `ImageCodecError.notEncoded` when libspng fails (for want of memory).
    public static func encodePNG(_ image: RGBImage) throws(ImageCodecError) -> [UInt8] {
        try PNGCoder.encode(image)
    }

    /// A baseline JPEG file of `image` with full colour resolution (4:4:4).
    ///
    /// - Parameters:
    ///   - image: what is encoded.
    ///   - quality: 1 (smallest) to 100 (best).
    /// - Throws: `ImageCodecError.notEncoded` when TurboJPEG fails.
    public static func encodeJPEG(_ image: RGBImage, quality: Int) throws(ImageCodecError) -> [UInt8] {
        try JPEGEncoder.encode(image, quality: quality)
    }

    /// Writes `image` as a PNG file.
    ///
    /// - Throws: `DataError.unwritable` when the file cannot be written, `ImageCodecError` when encoding
    ///   fails.
    public static func writePNG(_ image: RGBImage, to path: String) throws {
        let bytes = try encodePNG(image)
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw DataError.unwritable(path: path, reason: error.systemReason)
        }
    }

    /// Whether an image of `width` × `height` pixels may be decoded; cannot overflow.
    static func isAcceptable(width: Int, height: Int) -> Bool {
        width > 0 && height > 0 && width <= maximumPixels && height <= maximumPixels / width
    }
}
