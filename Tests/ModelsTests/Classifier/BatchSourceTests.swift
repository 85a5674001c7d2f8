import Core
import Foundation
import Models
import Testing

@Suite struct BatchSourceTests {
    let side = 32

    private func resampled(_ pixels: [UInt8], _ crop: Crop) -> [Float] {
        var sampler = CropSampler(side: side)
        var target = [Float](repeating: .nan, count: pixels.count)
        pixels.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { sampler.resample(source, crop, into: $0) }
        }
        return target
    }

    private func noise(seed: UInt64) -> [UInt8] {
        var generator = RandomStream(seed: seed)
        return (0..<3 * side * side).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    }

    /// Every row of every plane reversed.
    private func mirrored(_ values: [Float]) -> [Float] {
        stride(from: 0, to: values.count, by: side).flatMap { values[$0..<$0 + side].reversed() }
    }

    @Test("the whole image is itself, and its mirror image mirrored is itself again")
    func identity() {
        let pixels = noise(seed: 1)
        let plain = resampled(pixels, .whole(side: side))
        #expect(plain == pixels.map { Float($0) * (1 / 127.5) - 1 })
        let flipped = resampled(pixels, Crop(x: 0, y: 0, width: side, height: side, isMirrored: true))
        #expect(flipped != plain && mirrored(flipped) == plain)
    }

    @Test("a crop of a ramp is the ramp at (x + ½) · width / side − ½, clamped to the crop")
    func ramp() {
        // Value 6 x + y at column x and row y; bilinear interpolation of a plane is exact.
        let pixels = (0..<3 * side * side).map { UInt8(6 * ($0 % side) + $0 / side % side) }
        let crop = Crop(x: 5, y: 9, width: 24, height: 20, isMirrored: false)
        let values = resampled(pixels, crop)
        func position(_ index: Int, _ start: Int, _ length: Int) -> Double {
            let place = (Double(index) + 0.5) * Double(length) / Double(side) - 0.5
            return Double(start) + min(max(place, 0), Double(length - 1))
        }
        for index in values.indices {
            let x = position(index % side, crop.x, crop.width)
            let y = position(index / side % side, crop.y, crop.height)
            #expect(abs(Double(values[index]) - ((6 * x + y) / 127.5 - 1)) < 1e-5, "element \(index)")
        }
        let mirror = Crop(x: 5, y: 9, width: 24, height: 20, isMirrored: true)
        #expect(mirrored(resampled(pixels, mirror)) == values)
    }

    @Test("random crops lie inside, keep 0.75 to 1 of the area, and mirror half of the time")
    func randomCrops() {
        for side in [8, 32, 64] {
            var generator = RandomStream(seed: UInt64(side))
            let crops = (0..<4_000).map { _ in Crop.random(side: side, using: &generator) }
            for crop in crops {
                #expect(crop.x >= 0 && crop.x + crop.width <= side)
                #expect(crop.y >= 0 && crop.y + crop.height <= side)
                // Rounding moves each edge by at most half a pixel.
                let slack = Double(crop.width + crop.height) / 2 + 0.25
                let area = Double(crop.width * crop.height)
                #expect(area + slack >= 0.75 * Double(side * side))
            }
            let mirrored = crops.filter(\.isMirrored).count
            #expect(abs(mirrored - 2_000) < 160)  // Five standard errors of √(4000 / 4) = 32.
            #expect(Set(crops).count > 10)
            var again = RandomStream(seed: UInt64(side))
            #expect(crops == (0..<4_000).map { _ in Crop.random(side: side, using: &again) })
        }
    }

    @Test("batches hold the images that were asked for, in their order, between −1 and 1")
    func batches() {
        let images = colourImages(count: 6)
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)
        let (pixels, labels) = source.batch(of: [5, 0, 5], using: &generator)
        #expect(pixels.shape == [3, 3, 16, 16] && labels.integers == [2, 0, 2])
        let expected = [5, 0, 5].flatMap { images.image(at: $0).map { Float($0) * (1 / 127.5) - 1 } }
        #expect(pixels.floats == expected)
        #expect(generator == RandomStream(seed: 0), "nothing is drawn where nothing is augmented")

        var augmented = BatchSource(images, augmentation: .cropFlip)
        let (first, _) = augmented.batch(of: [1, 1], using: &generator)
        #expect(first.min().item >= -1 && first.max().item <= 1)
        let halves = first.chunks(2, axis: 0)
        #expect(halves[0].floats != halves[1].floats, "every image has draws of its own")
    }
}
