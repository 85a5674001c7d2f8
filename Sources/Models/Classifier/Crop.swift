import Foundation

/// A rectangle of an image that is stretched to the whole square, and perhaps mirrored.
public struct Crop: Sendable, Hashable {
    /// Left and upper edge, width and height, in pixels.
    public let x, y, width, height: Int
    public let isMirrored: Bool

    public init(x: Int, y: Int, width: Int, height: Int, isMirrored: Bool) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
        self.isMirrored = isMirrored
    }

    /// Bounds of the share of the area that a random crop keeps.
    public static let areas = 0.75...1.0
    /// Bounds of width over height of a random crop.
    public static let aspectRatios = 3.0 / 4.0...4.0 / 3.0

    /// The whole image as it is.
    public static func whole(side: Int) -> Crop {
        Crop(x: 0, y: 0, width: side, height: side, isMirrored: false)
    }

    /// A crop drawn as torchvision's `RandomResizedCrop` draws it, then mirrored with probability 1/2.
    ///
    /// The area is uniform and the logarithm of the aspect ratio is uniform; a rectangle that does not fit is
    /// drawn again, up to ten times, and then replaced by the whole image.
    public static func random(side: Int, using generator: inout some RandomNumberGenerator) -> Crop {
        let logRatios = log(aspectRatios.lowerBound)...log(aspectRatios.upperBound)
        for _ in 0..<10 {
            let area = Double(side * side) * Double.random(in: areas, using: &generator)
            let ratio = exp(Double.random(in: logRatios, using: &generator))
            let width = Int((area * ratio).squareRoot().rounded())
            let height = Int((area / ratio).squareRoot().rounded())
            guard 1...side ~= width, 1...side ~= height else { continue }
            return Crop(
                x: Int.random(in: 0...side - width, using: &generator),
                y: Int.random(in: 0...side - height, using: &generator), width: width, height: height,
                isMirrored: Bool.random(using: &generator))
        }
        return Crop(x: 0, y: 0, width: side, height: side, isMirrored: Bool.random(using: &generator))
    }
}

/// Resamples crops of square images to their full size, bilinearly.
///
/// Pixel centres are aligned as in `torch.nn.functional.interpolate(align_corners=False)`: output x lies over
/// (x + ½) · width / side − ½, and what lies outside of the crop repeats its edge.
package struct CropSampler {
    /// Where an output pixel lies between two input pixels.
    private struct Tap {
        var first: Int
        var second: Int
        /// Weight of the second.
        var fraction: Float
    }

    private let side: Int
    private var columns: [Tap]
    private var rows: [Tap]
    /// One row of a plane after the vertical blend.
    private var blended: [Float]

    package init(side: Int) {
        self.side = side
        let none = Tap(first: 0, second: 0, fraction: 0)
        columns = Array(repeating: none, count: side)
        rows = columns
        blended = Array(repeating: 0, count: side)
    }

    /// Writes `crop` of the planar bytes `[3, side, side]` as values of b / 127.5 − 1.
    package mutating func resample(
        _ source: UnsafeBufferPointer<UInt8>, _ crop: Crop, into target: UnsafeMutableBufferPointer<Float>
    ) {
        Self.fill(&columns, start: crop.x, length: crop.width)
        Self.fill(&rows, start: crop.y, length: crop.height)
        if crop.isMirrored { columns.reverse() }
        let side = side
        columns.withUnsafeBufferPointer { columns in
            blended.withUnsafeMutableBufferPointer { blended in
                for plane in 0..<3 {
                    for y in 0..<side {
                        let tap = rows[y]
                        let upper = source.baseAddress! + (plane * side + tap.first) * side
                        let lower = source.baseAddress! + (plane * side + tap.second) * side
                        // Scaling here costs one multiplication per input pixel.
                        let lowerWeight = tap.fraction * (1 / 127.5), upperWeight = (1 / 127.5) - lowerWeight
                        for x in 0..<side {
                            blended[x] = Float(upper[x]) * upperWeight + Float(lower[x]) * lowerWeight - 1
                        }
                        let output = target.baseAddress! + (plane * side + y) * side
                        for x in 0..<side {
                            let tap = columns[x]
                            let left = blended[tap.first]
                            output[x] = left + tap.fraction * (blended[tap.second] - left)
                        }
                    }
                }
            }
        }
    }

    private static func fill(_ taps: inout [Tap], start: Int, length: Int) {
        let scale = Float(length) / Float(taps.count)
        for position in taps.indices {
            let centre = max(0, (Float(position) + 0.5) * scale - 0.5)
            let first = min(Int(centre), length - 1)
            let second = min(first + 1, length - 1)
            taps[position] = Tap(
                first: start + first, second: start + second, fraction: centre - Float(first))
        }
    }
}
