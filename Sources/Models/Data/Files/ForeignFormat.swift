/// What files that are neither JPEG nor PNG are, by their first bytes, for a sentence that helps.
enum ForeignFormat {
    /// Signatures at an offset, from the formats' specifications; the first that fits names the file.
    private static let signatures: [(offset: Int, bytes: [UInt8], name: String)] = [
        (8, Array("WEBP".utf8), "a WebP file"),
        (0, Array("GIF8".utf8), "a GIF file"),
        (0, Array("BM".utf8), "a BMP file"),
        (0, [0x49, 0x49, 0x2A, 0x00], "a TIFF file"),
        (0, [0x4D, 0x4D, 0x00, 0x2A], "a TIFF file"),
        (4, Array("ftypavi".utf8), "an AVIF file"),
        (4, Array("ftyphei".utf8), "a HEIC file"),
        (4, Array("ftyphev".utf8), "a HEIC file"),
        (4, Array("ftypmif1".utf8), "a HEIF file"),
        (0, [0xFF, 0x0A], "a JPEG XL file"),
        (4, Array("JXL ".utf8), "a JPEG XL file"),
        (4, Array("jP  ".utf8), "a JPEG 2000 file"),
        (0, [0xFF, 0x4F, 0xFF, 0x51], "a JPEG 2000 file"),
        (0, Array("version https://git-lfs".utf8), "a git-lfs pointer, not the file itself"),
        (0, Array("<svg".utf8), "an SVG file"),
        (0, Array("<!DOCTYPE".utf8), "a web page"),
        (0, Array("<html".utf8), "a web page"),
        (0, [0x1F, 0x8B], "a gzip file"),
        (0, [0x50, 0x4B, 0x03, 0x04], "a ZIP file"),
        (0, Array("P6".utf8), "a PPM file"),
        (0, Array("P5".utf8), "a PGM file"),
        (0, [0x00, 0x05, 0x16, 0x07], "a Mac's AppleDouble file"),
    ]

    /// What the file that starts with `bytes` is; nil where that is not known.
    static func name(of bytes: UnsafeRawBufferPointer) -> String? {
        signatures.first {
            bytes.count >= $0.offset + $0.bytes.count && bytes.dropFirst($0.offset).starts(with: $0.bytes)
        }?
        .name
    }
}
