import CImage
import Foundation

/// PNG through libspng, which reports every error as a code.
enum PNGCoder {
    /// Bytes of text, colour profiles and the like that a PNG may make libspng store.
    private static let maximumChunkBytes = 16 << 20

    /// Decodes `bytes` to RGB; the size is checked before memory is taken for the pixels.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> Result<RGBImage, ImageCodecError> {
        guard let context = spng_ctx_new(0) else { return .failure(damaged(SPNG_EMEM.code)) }
        defer { spng_ctx_free(context) }
        var header = spng_ihdr()
        var code = spng_set_png_buffer(context, bytes.baseAddress, bytes.count)
        if code == 0 { code = spng_set_chunk_limits(context, maximumChunkBytes, maximumChunkBytes) }
        if code == 0 { code = spng_get_ihdr(context, &header) }
        guard code == 0 else { return .failure(damaged(code)) }

        let (width, height) = (Int(header.width), Int(header.height))
        guard ImageCodec.isAcceptable(width: width, height: height) else {
            return .failure(.tooLarge(width: width, height: height))
        }
        let count = 3 * width * height
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            code = spng_decode_image(context, buffer.baseAddress, count, SPNG_FMT_RGB8.code, 0)
            // After a failure the buffer is only partly written, and is dropped below.
            initializedCount = code == 0 ? count : 0
        }
        guard code == 0 else { return .failure(damaged(code)) }
        return .success(RGBImage(width: width, height: height, pixels: pixels))
    }

    /// Encodes `image` as 8-bit true colour.
    static func encode(_ image: RGBImage) throws(ImageCodecError) -> [UInt8] {
        guard let context = spng_ctx_new(Int32(SPNG_CTX_ENCODER.rawValue)) else {
            throw notEncoded(SPNG_EMEM.code)
        }
        defer { spng_ctx_free(context) }
        var header = spng_ihdr()
        header.width = UInt32(image.width)
        header.height = UInt32(image.height)
        header.bit_depth = 8
        header.color_type = UInt8(SPNG_COLOR_TYPE_TRUECOLOR.rawValue)
        var code = spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1)
        if code == 0 { code = spng_set_ihdr(context, &header) }
        if code == 0 {
            code = image.pixels.withUnsafeBytes {
                spng_encode_image(
                    context, $0.baseAddress, $0.count, SPNG_FMT_PNG.code, Int32(SPNG_ENCODE_FINALIZE.rawValue)
                )
            }
        }
        guard code == 0 else { throw notEncoded(code) }
        var length = 0
        guard let file = spng_get_png_buffer(context, &length, &code) else { throw notEncoded(code) }
        defer { free(file) }
        return [UInt8](UnsafeRawBufferPointer(start: file, count: length))
    }

    private static func damaged(_ code: Int32) -> ImageCodecError {
        .damaged(format: .png, reason: String(cString: spng_strerror(code)))
    }

    private static func notEncoded(_ code: Int32) -> ImageCodecError {
        .notEncoded(format: .png, reason: String(cString: spng_strerror(code)))
    }
}

extension spng_errno {
    /// The value as libspng's functions return it.
    fileprivate var code: Int32 { Int32(rawValue) }
}

extension spng_format {
    /// The value as libspng's functions take it.
    fileprivate var code: Int32 { Int32(rawValue) }
}
