/// A colour in linear arithmetic, red, green and blue in the first three lanes, 0 to 1; the fourth is unused.
typealias Paint = SIMD4<Float>

/// The ten colours that captions name. A new colour is a case and a line of `paint`.
public enum WorldColour: Int32, CaseIterable, Sendable {
    case red, orange, yellow, green, teal, blue, purple, pink, brown, gray

    /// The word in captions.
    public var name: String {
        let names = ["red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "gray"]
        return names[Int(rawValue)]
    }

    /// The middle of the range of shades that bear this name.
    var paint: Paint {
        switch self {
        case .red: Paint(0.86, 0.13, 0.13, 0)
        case .orange: Paint(0.96, 0.53, 0.08, 0)
        case .yellow: Paint(0.96, 0.88, 0.15, 0)
        case .green: Paint(0.17, 0.62, 0.20, 0)
        case .teal: Paint(0.10, 0.70, 0.70, 0)
        case .blue: Paint(0.14, 0.28, 0.86, 0)
        case .purple: Paint(0.52, 0.18, 0.74, 0)
        case .pink: Paint(0.97, 0.58, 0.74, 0)
        case .brown: Paint(0.46, 0.27, 0.11, 0)
        case .gray: Paint(0.60, 0.60, 0.60, 0)
        }
    }
}

/// What an object stands in front of.
public enum WorldBackground: Int32, CaseIterable, Sendable {
    case plain, gradient, grainy, striped, checkered, cluttered

    /// The word in captions.
    public var name: String {
        let names = ["plain", "gradient", "grainy", "striped", "checkered", "cluttered"]
        return names[Int(rawValue)]
    }
}

/// The way an image is made; also the image's domain, in the order of the names.
public enum WorldStyle: Int32, CaseIterable, Sendable {
    case clipart, infograph, painting, quickdraw, real, sketch

    /// The domain's name.
    public var name: String {
        let names = ["clipart", "infograph", "painting", "quickdraw", "real", "sketch"]
        return names[Int(rawValue)]
    }

    /// How a caption begins, before the article of the object.
    var captionOpening: String {
        switch self {
        case .clipart: "A clipart of"
        case .infograph: "An infograph of"
        case .painting: "A painting of"
        case .quickdraw: "A quickdraw drawing of"
        case .real: "A photo of"
        case .sketch: "A sketch of"
        }
    }

    /// Whether the object's colour can be seen, so that a true caption may name it.
    var showsColour: Bool { self != .quickdraw && self != .sketch }

    /// Whether the background can be seen, so that a true caption may name it.
    var showsBackground: Bool { self != .quickdraw }
}
