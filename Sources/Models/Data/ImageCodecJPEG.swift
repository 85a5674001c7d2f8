import CImage
import Foundation

/// JPEG decoding through TurboJPEG, which turns libjpeg's long jumps into return codes.
final class JPEGDecoder {
    private var handle = JPEGDecoder.newHandle()

    deinit { tjDestroy(handle) }

    /// - Precondition: there is memory for a decoder, the only reason for which this fails.
    private static func newHandle() -> tjhandle {
        guard let handle = tjInitDecompress() else { preconditionFailure("no memory for a JPEG decoder") }
        return handle
    }

    /// What a JPEG file declares about itself.
    private struct Header {
        var width: Int32 = 0
        var height: Int32 = 0
        var colourSpace: Int32 = 0

        /// Whether the file stores cyan, magenta, yellow and black.
        var hasFourInks: Bool { colourSpace == TJCS_CMYK.rawValue || colourSpace == TJCS_YCCK.rawValue }
    }

    /// Decodes `bytes` to RGB, at a fraction of the size where `side` allows it.
    func decode(_ bytes: UnsafeRawBufferPointer, forSide side: Int?) -> Result<RGBImage, ImageCodecError> {
        guard let header = header(of: bytes) else { return .failure(damaged()) }
        let declared = (width: Int(header.width), height: Int(header.height))
        guard ImageCodec.isAcceptable(width: declared.width, height: declared.height) else {
            return .failure(.tooLarge(width: declared.width, height: declared.height))
        }
        let divisor =
            side.map { Self.divisor(shorterSide: min(declared.width, declared.height), side: $0) } ?? 1
        let (width, height) = (
            (declared.width + divisor - 1) / divisor, (declared.height + divisor - 1) / divisor
        )
        let channels = header.hasFourInks ? 4 : 3
        let count = channels * width * height
        var code: Int32 = 0
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            code = tjDecompress2(
                handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), buffer.baseAddress,
                Int32(width), Int32(channels * width), Int32(height),
                (header.hasFourInks ? TJPF_CMYK : TJPF_RGB).rawValue, TJFLAG_LIMITSCANS)
            // After a warning the buffer is whole, gray where data is missing; after an error it may not be.
            initializedCount = code == 0 || tjGetErrorCode(handle) == TJERR_WARNING.rawValue ? count : 0
        }
        guard code == 0 || isHarmlessWarning(in: bytes) else { return .failure(damaged()) }
        let rgb = header.hasFourInks ? Self.rgb(fromInks: pixels) : pixels
        return .success(RGBImage(width: width, height: height, pixels: rgb))
    }

    /// Reads the header; nil when there is none.
    private func header(of bytes: UnsafeRawBufferPointer) -> Header? {
        var header = Header()
        var subsampling: Int32 = 0
        _ = tjDecompressHeader3(
            handle, bytes.bindMemory(to: UInt8.self).baseAddress, UInt(bytes.count), &header.width,
            &header.height,
            &subsampling, &header.colourSpace)
        // The code is not looked at: it is also -1 for a rare chroma subsampling that decodes well.
        return header.width > 0 && header.height > 0 ? header : nil
    }

    /// The largest of 1, 2, 4 and 8 that leaves the shorter side at least twice `side`.
    private static func divisor(shorterSide: Int, side: Int) -> Int {
        [8, 4, 2].first { shorterSide / $0 >= 2 * side } ?? 1
    }

    /// Whether the last failure was a warning about bytes that do not belong to the image.
    ///
    /// libjpeg goes on after a truncation or a wrong code and paints the rest gray; only such warnings pass
    /// that leave every pixel as it was encoded, and as just the first warning is kept, the file must be
    /// complete.
    private func isHarmlessWarning(in bytes: UnsafeRawBufferPointer) -> Bool {
        guard tjGetErrorCode(handle) == TJERR_WARNING.rawValue else { return false }
        let text = errorText
        let isHarmless = ["extraneous bytes", "JFIF", "Adobe"].contains { text.contains($0) }
        return isHarmless && bytes.count >= 2 && bytes.suffix(2).elementsEqual([0xFF, 0xD9])
    }

    private var errorText: String { String(cString: tjGetErrorStr2(handle)) }

    /// The error of the last failure.
    private func damaged() -> ImageCodecError {
        let error = ImageCodecError.damaged(format: .jpeg, reason: errorText)
        // After a file that ends inside a header TurboJPEG 2.1 goes on failing with the same handle.
        tjDestroy(handle)
        handle = Self.newHandle()
        return error
    }

    /// RGB bytes of interleaved cyan, magenta, yellow and black, which JPEG files store inverted as Adobe's
    /// programs do, so that red = cyan · black / 255 and so on. Pillow reads them alike, with and without
    /// Adobe's marker.
    private static func rgb(fromInks inks: [UInt8]) -> [UInt8] {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(inks.count / 4 * 3)
        for start in stride(from: 0, to: inks.count, by: 4) {
            let light = Int(inks[start + 3])
            for ink in 0..<3 { pixels.append(UInt8((Int(inks[start + ink]) * light + 127) / 255)) }
        }
        return pixels
    }
}

/// JPEG encoding through TurboJPEG.
enum JPEGEncoder {
    /// Encodes `image` as baseline JPEG without chroma subsampling.
    static func encode(_ image: RGBImage, quality: Int) throws(ImageCodecError) -> [UInt8] {
        precondition((1...100).contains(quality), "JPEG quality \(quality), not in 1...100")
        guard let handle = tjInitCompress() else { throw .notEncoded(format: .jpeg, reason: "no memory") }
        defer { tjDestroy(handle) }
        var file: UnsafeMutablePointer<UInt8>?
        var length: UInt = 0
        let code = tjCompress2(
            handle, image.pixels, Int32(image.width), Int32(3 * image.width), Int32(image.height),
            TJPF_RGB.rawValue,
            &file, &length, TJSAMP_444.code, Int32(quality), TJFLAG_ACCURATEDCT)
        defer { tjFree(file) }
        guard code == 0, let file else {
            throw .notEncoded(format: .jpeg, reason: String(cString: tjGetErrorStr2(handle)))
        }
        return [UInt8](UnsafeBufferPointer(start: file, count: Int(length)))
    }
}

extension TJSAMP {
    /// The value as TurboJPEG's functions take it.
    fileprivate var code: Int32 { Int32(rawValue) }
}
