/// Images side by side in one.
public enum ContactSheet {
    /// Lays images out in rows, left to right, with a margin of background between them.
    ///
    /// - Parameters:
    ///   - pixels: planar bytes, `[N, 3, side, side]`.
    ///   - side: width and height of an image, in pixels.
    ///   - columns: images of a row.
    ///   - scale: pixels of the sheet per pixel of an image.
    ///   - margin: pixels of the sheet between images.
    /// - Precondition: there is at least one image.
    public static func image(
        pixels: [UInt8], side: Int, columns: Int, scale: Int = 1, margin: Int = 2
    ) -> RGBImage {
        let bytesPerImage = 3 * side * side
        precondition(
            pixels.count >= bytesPerImage && pixels.count % bytesPerImage == 0, "\(pixels.count) bytes")
        precondition(
            columns > 0 && scale > 0 && margin >= 0, "\(columns) columns, scale \(scale), margin \(margin)")
        let count = pixels.count / bytesPerImage
        let rows = (count + columns - 1) / columns
        let pitch = side * scale + margin
        let width = min(columns, count) * pitch + margin
        let height = rows * pitch + margin
        var sheet = [UInt8](repeating: 255, count: 3 * width * height)
        for image in 0..<count {
            let (left, top) = (margin + image % columns * pitch, margin + image / columns * pitch)
            for y in 0..<side * scale {
                for x in 0..<side * scale {
                    let source = image * bytesPerImage + y / scale * side + x / scale
                    let target = 3 * ((top + y) * width + left + x)
                    for channel in 0..<3 { sheet[target + channel] = pixels[source + channel * side * side] }
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: sheet)
    }
}
