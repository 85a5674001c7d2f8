import Foundation
import Models
import Testing

@Suite("Resizing")
struct ResizeTests {
    /// One case of `Fixtures/resize.json`; planar bytes are base64.
    struct Reference: Decodable, CustomTestStringConvertible {
        let width: Int
        let height: Int
        let side: Int
        let planar: Data
        var testDescription: String { "\(width) x \(height) to \(side)" }
    }
    struct References: Decodable { let cases: [Reference] }

    static let references = (try? DataFixture.decode(References.self, "resize.json").cases) ?? []

    @Test("the reference cases are there")
    func referencesExist() { #expect(Self.references.count == 14) }

    @Test("reducing, enlarging and cutting agree with Pillow within one grey level", arguments: references)
    func pillow(_ reference: Reference) throws {
        let image = RGBImage.pattern(width: reference.width, height: reference.height)
        let resized = Resize.planarSquare(image, side: reference.side)
        #expect(try #require(largestDifference(resized, [UInt8](reference.planar))) <= 1)
    }

    @Test("an image of the right size keeps every byte")
    func identity() {
        let image = RGBImage.pattern(width: 32, height: 32)
        let planar = Resize.planarSquare(image, side: 32)
        #expect(RGBImage(width: 32, height: 32, planar: planar) == image)
    }

    @Test("a flat image stays flat at every size", arguments: [1, 2, 5, 31, 32, 33, 100])
    func flat(side: Int) {
        for gray: UInt8 in [0, 1, 127, 254, 255] {
            let resized = Resize.planarSquare(.flat(gray, side: 32), side: side)
            #expect(resized == [UInt8](repeating: gray, count: 3 * side * side))
        }
    }

    @Test("a fine checkerboard becomes its mean: nothing is aliased")
    func antialiasing() throws {
        let pixels = (0..<64 * 64).flatMap { index -> [UInt8] in
            let value: UInt8 = (index / 64 + index % 64).isMultiple(of: 2) ? 0 : 255
            return [value, value, value]
        }
        let resized = Resize.planarSquare(RGBImage(width: 64, height: 64, pixels: pixels), side: 8)
        // Mean of 0 and 255; the cut triangles at the border leave a few levels.
        #expect(resized.allSatisfy { abs(Int($0) - 127) <= 3 })
    }

    @Test("the middle of a long image is kept")
    func centreCut() {
        // Left third black, middle third gray 100, right third white; 30 x 10 to 10: exactly the middle.
        let row: [UInt8] = (0..<30).map { $0 < 10 ? 0 : $0 < 20 ? 100 : 255 }
        let image = RGBImage(width: 30, height: 10, gray: (0..<10).flatMap { _ in row })
        #expect(Resize.planarSquare(image, side: 10) == [UInt8](repeating: 100, count: 300))
    }

    @Test("very long and very thin images cost no more than their cut")
    func extremes() {
        #expect(Resize.planarSquare(.pattern(width: 100_000, height: 1), side: 8).count == 192)
        #expect(Resize.planarSquare(.pattern(width: 1, height: 100_000), side: 8).count == 192)
        let colour: [UInt8] = [10, 40, 80]
        let point = Resize.planarSquare(RGBImage(width: 1, height: 1, pixels: colour), side: 3)
        #expect(point == colour.flatMap { [UInt8](repeating: $0, count: 9) })
    }
}
