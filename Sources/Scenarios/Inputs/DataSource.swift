import Models

/// Images that a package adds to a catalogue: what `data.set` can name beside the built-in sets.
public protocol DataSource: Sendable {
    /// The name in scenario files.
    var name: String { get }
    /// A clause for the documentation.
    var summary: String { get }
    /// Whether it reads `data.path`.
    var needsPath: Bool { get }

    /// The reader of the images that the section `data` asks for.
    ///
    /// The same settings must give the same images: runs share them, and a replay compares their hashes.
    func images(for settings: Scenario.Data) -> any LabelledImageSource
}

extension DataSource {
    /// Most are computed, or know where they are.
    public var needsPath: Bool { false }
}
