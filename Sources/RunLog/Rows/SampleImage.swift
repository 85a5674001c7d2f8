/// An image that stands for its class, for people to look at.
public struct SampleImage: Sendable, Hashable {
    /// The class's number.
    public let label: Int
    /// The class's name.
    public let className: String
    /// Its prompt or its true caption, where it has one.
    public let caption: String?
    /// A JPEG file's bytes.
    public let jpeg: [UInt8]

    /// An image with what is known of it.
    public init(label: Int, className: String, caption: String?, jpeg: [UInt8]) {
        self.label = label
        self.className = className
        self.caption = caption
        self.jpeg = jpeg
    }
}
