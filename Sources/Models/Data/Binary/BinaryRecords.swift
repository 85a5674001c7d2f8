/// Planar RGB images of one size as they are collected from binary files.
struct BinaryRecords {
    private let side: Int
    private let classNames: [String]
    private let limit: Int
    private var pixels: [UInt8] = []
    private var labels: [Int32] = []
    private var counts: [Int]

    /// Makes an empty collection that takes at most `limit` images of each class.
    init(side: Int, classNames: [String], limit: Int?) {
        self.side = side
        self.classNames = classNames
        self.limit = limit ?? .max
        counts = [Int](repeating: 0, count: classNames.count)
    }

    /// Whether an image of a class is still taken.
    func takes(label: Int) -> Bool { counts[label] < limit }

    /// Adds a planar image, `[3, side, side]`, unless its class is full.
    mutating func append(_ planar: some Collection<UInt8>, label: Int) {
        guard takes(label: label) else { return }
        counts[label] += 1
        labels.append(Int32(label))
        pixels.append(contentsOf: planar)
    }

    /// The images, brought to the side that `options` ask for.
    ///
    /// - Throws: `DataError.tooMuchMemory`.
    func resized(_ options: ImageLoadOptions) throws(DataError) -> ImageSet {
        let images = ImageSet(side: side, pixels: pixels, labels: labels, classNames: classNames)
        guard options.side != side else { return images }
        try ImageMemory.check(count: images.count, side: options.side)
        let batch = ImageBatchDecoder.decode(count: images.count, options) { index, _ throws(DataError) in
            Resize.planarSquare(
                RGBImage(width: side, height: side, planar: images.image(at: index)), side: options.side)
        }
        return ImageSet(side: options.side, pixels: batch.pixels, labels: labels, classNames: classNames)
    }
}
