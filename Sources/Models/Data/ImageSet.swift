/// Labelled RGB images of one size, 8 bits a channel, held in one buffer.
///
/// A value: copies share storage, and workers on several threads read the same one. Pixels stay bytes until a
/// batch is gathered; see `BatchSource` for the scaling to mean 0.5, deviation 0.5.
public struct ImageSet: Sendable {
    /// Width and height of every image, in pixels.
    public let side: Int
    /// Planar pixels, `[N, 3, side, side]`, channel order red, green, blue.
    public internal(set) var pixels: [UInt8]
    /// Class index of each image, `[N]`, in `0..<classNames.count`.
    public internal(set) var labels: [Int32]
    /// Names of the classes as they stand in prompts, by class index.
    public let classNames: [String]
    /// Domain index of each image, `[N]`; all zero for a set of one domain.
    public internal(set) var domains: [Int32]
    /// Names of the domains (`real`, `sketch`, …), by domain index; at least one.
    public let domainNames: [String]
    /// Whose the images are; nil where the data does not say it.
    public internal(set) var owners: ImageOwners?
    /// A true description of each image, `[N]`, where the set has one; otherwise empty.
    public internal(set) var captions: [String]

    /// Makes a set from its parts.
    ///
    /// - Precondition: `pixels.count == labels.count * 3 * side * side`; `domains` and `captions` are empty
    ///   or as long as `labels` (no domains means that all images belong to domain 0); `owners` are as many.
    public init(
        side: Int, pixels: [UInt8], labels: [Int32], classNames: [String],
        domains: [Int32] = [], domainNames: [String] = ["real"], captions: [String] = [],
        owners: ImageOwners? = nil
    ) {
        let count = labels.count
        precondition(pixels.count == count * 3 * side * side, "\(pixels.count) bytes for \(count) images")
        precondition(
            domains.isEmpty || domains.count == count, "\(domains.count) domains for \(count) images")
        precondition(
            captions.isEmpty || captions.count == count, "\(captions.count) captions for \(count) images")
        precondition(owners.map { $0.indices.count == count } ?? true, "owners of other images")
        self.side = side
        self.pixels = pixels
        self.labels = labels
        self.classNames = classNames
        self.domains = domains.isEmpty ? [Int32](repeating: 0, count: labels.count) : domains
        self.domainNames = domainNames
        self.captions = captions
        self.owners = owners
    }

    /// The number of images, N.
    public var count: Int { labels.count }

    /// Bytes that one image takes in `pixels`.
    public var bytesPerImage: Int { 3 * side * side }

    /// Planar bytes of one image, `[3, side, side]`.
    public func image(at index: Int) -> ArraySlice<UInt8> {
        pixels[index * bytesPerImage..<(index + 1) * bytesPerImage]
    }

    /// The images at `indices`, in that order.
    ///
    /// - Complexity: O(`indices.count` · `bytesPerImage`).
    public func subset(_ indices: [Int]) -> ImageSet {
        var chosen: [UInt8] = []
        chosen.reserveCapacity(indices.count * bytesPerImage)
        for index in indices { chosen.append(contentsOf: image(at: index)) }
        return ImageSet(
            side: side, pixels: chosen, labels: indices.map { labels[$0] }, classNames: classNames,
            domains: indices.map { domains[$0] }, domainNames: domainNames,
            captions: captions.isEmpty ? [] : indices.map { captions[$0] }, owners: owners?.subset(indices))
    }
}
