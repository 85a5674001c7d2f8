/// How often captions of the world's images say what is there.
public struct CaptionAgreement: Sendable, Hashable {
    /// Fraction of the captions that name the image's class, and no other.
    public let classes: Double
    /// Fraction of the captions that name the object's colour, and no other, of images whose description
    /// does.
    public let colours: Double
    /// Fraction of the captions that name the background, and no other, of images whose description does.
    public let backgrounds: Double

    /// Compares captions word by word with the true descriptions of a set.
    ///
    /// - Precondition: there is a caption for each image of `set`, which the world has rendered.
    public init(_ captions: [String], of set: ImageSet) {
        precondition(
            captions.count == set.count && set.captions.count == set.count, "\(captions.count) captions")
        classes = Self.share(captions, set.captions, naming: set.classNames)
        colours = Self.share(captions, set.captions, naming: WorldColour.allCases.map(\.name))
        backgrounds = Self.share(captions, set.captions, naming: WorldBackground.allCases.map(\.name))
    }

    /// Of the truths that name one of `names`: how many captions name the same.
    ///
    /// A name may be several words, and what is part of a longer name that stands there is not named: "a
    /// double ring" is no ring.
    private static func share(_ captions: [String], _ truths: [String], naming names: [String]) -> Double {
        func named(_ text: String) -> Set<String> {
            let found = names.filter { " \(text) ".contains(" \($0) ") }
            return Set(
                found.filter { name in !found.contains { $0 != name && " \($0) ".contains(" \(name) ") } })
        }
        let pairs = zip(captions, truths).map { (named($0), named($1)) }.filter { !$1.isEmpty }
        return pairs.isEmpty ? 1 : Double(pairs.count { $0 == $1 }) / Double(pairs.count)
    }
}
