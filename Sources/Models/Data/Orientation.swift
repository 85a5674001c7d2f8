/// How a camera was held, as its file says (Exif, tag 0x0112): which side of the stored pixels is up.
///
/// Pillow's `ImageOps.exif_transpose`, by which diffusers' and transformers' `load_image` open a picture,
/// turns pixels by it; torchvision's image folders do not, and no data set here does. Exif 2.32, section
/// 4.6.4, and the PNG extension `eXIf`.
package enum Orientation: Int, Sendable, CaseIterable {
    case upright = 1
    case mirrored, upsideDown, upsideDownMirrored, transposed, quarterRight, transversed, quarterLeft

    /// That of a JPEG or PNG file; `upright` where it names none.
    ///
    /// - Complexity: O(number of segments before the pixels).
    package init(_ bytes: UnsafeRawBufferPointer) {
        let tiff: Slice<UnsafeRawBufferPointer>? =
            switch ImageFormat(signatureOf: bytes) {
            case .jpeg: Self.tiffOfJPEG(bytes)
            case .png: Self.tiffOfPNG(bytes)
            case nil: nil
            }
        self = tiff.flatMap { Self.value(in: UnsafeRawBufferPointer(rebasing: $0)) } ?? .upright
    }

    /// Whether width and height change places.
    var isSideways: Bool { rawValue >= Self.transposed.rawValue }

    /// The tag's value in the first directory of a TIFF structure; nil where there is none.
    private static func value(in tiff: UnsafeRawBufferPointer) -> Orientation? {
        guard tiff.count >= 8 else { return nil }
        let isLittle = tiff.starts(with: Array("II*\0".utf8))
        guard isLittle || tiff.starts(with: Array("MM\0*".utf8)) else { return nil }
        func number(_ place: Int, bytes count: Int) -> Int? {
            guard place >= 0, place + count <= tiff.count else { return nil }
            let bytes = tiff[place..<place + count]
            return isLittle
                ? bytes.reversed().reduce(0) { $0 << 8 | Int($1) } : bytes.reduce(0) { $0 << 8 | Int($1) }
        }
        guard let start = number(4, bytes: 4), let entries = number(start, bytes: 2) else { return nil }
        for entry in 0..<entries {
            let place = start + 2 + 12 * entry
            guard let tag = number(place, bytes: 2) else { return nil }
            // A single number of 16 bits stands in the entry itself.
            if tag == 0x0112, number(place + 2, bytes: 2) == 3 {
                return number(place + 8, bytes: 2).flatMap(Orientation.init(rawValue:))
            }
        }
        return nil
    }

    /// What follows `Exif\0\0` in the first such APP1 segment.
    private static func tiffOfJPEG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var place = 2
        while place + 4 <= bytes.count, bytes[place] == 0xFF {
            let marker = bytes[place + 1]
            if marker == 0xFF {
                place += 1
                continue
            }
            // The scan begins: nothing about the picture follows.
            guard marker != 0xDA, marker != 0xD9 else { return nil }
            let end = place + 2 + Int(bytes[place + 2]) << 8 + Int(bytes[place + 3])
            guard end <= bytes.count, end >= place + 4 else { return nil }
            let content = bytes[(place + 4)..<end]
            if marker == 0xE1, content.starts(with: Array("Exif\0\0".utf8)) { return content.dropFirst(6) }
            place = end
        }
        return nil
    }

    /// The content of the chunk `eXIf`.
    private static func tiffOfPNG(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
        var place = 8
        while place + 12 <= bytes.count {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            let start = place + 8
            guard start + length + 4 <= bytes.count else { return nil }
            if bytes[(place + 4)..<start].elementsEqual("eXIf".utf8) { return bytes[start..<start + length] }
            place = start + length + 4
        }
        return nil
    }
}

extension RGBImage {
    /// The image with the side up that an orientation names.
    func turned(_ orientation: Orientation) -> RGBImage {
        guard orientation != .upright else { return self }
        let wide = orientation.isSideways ? height : width, high = orientation.isSideways ? width : height
        var turned = [UInt8](repeating: 0, count: pixels.count)
        for row in 0..<high {
            for column in 0..<wide {
                let (x, y) = source(of: column, row, orientation)
                let from = 3 * (y * width + x), to = 3 * (row * wide + column)
                for channel in 0..<3 { turned[to + channel] = pixels[from + channel] }
            }
        }
        return RGBImage(width: wide, height: high, pixels: turned)
    }

    /// Which stored pixel is shown at a place.
    private func source(of column: Int, _ row: Int, _ orientation: Orientation) -> (x: Int, y: Int) {
        switch orientation {
        case .upright: (column, row)
        case .mirrored: (width - 1 - column, row)
        case .upsideDown: (width - 1 - column, height - 1 - row)
        case .upsideDownMirrored: (column, height - 1 - row)
        case .transposed: (row, column)
        case .quarterRight: (row, height - 1 - column)
        case .transversed: (width - 1 - row, height - 1 - column)
        case .quarterLeft: (width - 1 - row, column)
        }
    }
}
