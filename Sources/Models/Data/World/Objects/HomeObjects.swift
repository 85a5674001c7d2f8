/// Things of the house, and clothes.
extension WorldObject {
    static let bottle = WorldObject("bottle", [.green, .brown]) { _ in
        [
            .box(0, -0.42, 0.4, 0.52, round: 0.1), .taper(0, 0, 0.32, 0, 0.4, 0.16), .box(0, 0.55, 0.15, 0.4),
            .cut(.bar(-0.3, 0.74, 0.3, 0.74, 0.05)), .cut(.box(0, -0.42, 0.22, 0.2)),
        ]
    }

    static let goblet = WorldObject("goblet", [.yellow, .purple]) { _ in
        [
            .oval(0, 0.6, 0.55, 0.65), .keep(.box(0, 0, 1, 0.75)), .bar(0, 0, 0, -0.8, 0.1),
            .oval(0, -0.85, 0.45, 0.11),
        ]
    }

    static let teapot = WorldObject("teapot", [.blue, .pink, .teal]) { _ in
        [
            .oval(-0.02, -0.25, 0.52, 0.5), .bar(-0.4, -0.3, -0.86, 0.2, 0.12),
            .arc(0.5, -0.15, 0.33, -100, 110, 0.09),
            .cut(.bar(-0.42, 0.17, 0.38, 0.17, 0.05)), .oval(-0.02, 0.24, 0.3, 0.13),
            .disc(-0.02, 0.44, 0.12),
        ]
    }

    static let candle = WorldObject("candle", [.orange, .pink, .red]) { _ in
        [
            .box(0, -0.3, 0.26, 0.55), .bar(0, 0.2, 0, 0.38, 0.05), .oval(0, 0.64, 0.18, 0.3),
            .box(0, -0.86, 0.56, 0.11, round: 0.08),
        ]
    }

    static let hourglass = WorldObject("hourglass", [.brown, .yellow]) { _ in
        [
            .poly(-0.58, 0.8, 0.58, 0.8, 0.1, 0, 0.58, -0.8, -0.58, -0.8, -0.1, 0),
            .cut(.poly(-0.34, 0.66, 0.34, 0.66, 0, 0.14)),
            .box(0, 0.85, 0.62, 0.1), .box(0, -0.85, 0.62, 0.1),
        ]
    }

    static let envelope = WorldObject("envelope", [.blue, .yellow, .pink]) { _ in
        [.box(0, 0, 0.9, 0.6), .cut(.both(.bar(0, -0.1, 0.95, 0.55, 0.07)))]
    }

    static let bell = WorldObject("bell", [.yellow, .orange]) { _ in
        [
            .disc(0, 0.3, 0.42),
            .poly(-0.42, 0.3, 0.42, 0.3, 0.55, -0.25, 0.78, -0.55, -0.78, -0.55, -0.55, -0.25),
            .bar(-0.72, -0.53, 0.72, -0.53, 0.1), .disc(0, -0.78, 0.17), .disc(0, 0.78, 0.14),
        ]
    }

    static let lamp = WorldObject("lamp", [.orange, .teal]) { _ in
        [
            .poly(-0.36, 0.88, 0.36, 0.88, 0.7, 0.15, -0.7, 0.15), .bar(0, 0.15, 0, -0.8, 0.09),
            .oval(0, -0.83, 0.45, 0.13),
        ]
    }

    static let book = WorldObject("book", [.brown, .blue, .green]) { _ in
        [
            .both(.poly(0.06, 0.4, 0.5, 0.58, 0.92, 0.42, 0.92, -0.55, 0.5, -0.4, 0.06, -0.58)),
            .cut(.both(.bar(0.28, 0.2, 0.7, 0.22, 0.055))), .cut(.both(.bar(0.28, -0.12, 0.7, -0.1, 0.055))),
        ]
    }

    static let hat = WorldObject("hat", [.gray, .purple, .brown]) { _ in
        [
            .box(0, 0.2, 0.46, 0.6, round: 0.04), .cut(.box(0, -0.16, 0.6, 0.07)),
            .box(0, -0.42, 0.9, 0.13, round: 0.1),
        ]
    }

    static let shirt = WorldObject("shirt", [.blue, .red, .green, .teal]) { _ in
        [
            .box(0, -0.15, 0.46, 0.72), .both(.poly(0.1, 0.57, 0.5, 0.57, 0.95, 0.1, 0.68, -0.18, 0.4, 0.12)),
            .cut(.disc(0, 0.62, 0.22)),
        ]
    }

    static let boot = WorldObject("boot", [.brown, .red]) { _ in
        [
            .poly(-0.45, 0.85, 0.18, 0.85, 0.18, -0.12, 0.7, -0.3, 0.85, -0.56, -0.45, -0.56),
            .cut(.bar(-0.6, 0.55, 0.4, 0.55, 0.055)), .box(0.2, -0.76, 0.68, 0.1),
            .box(-0.3, -0.8, 0.18, 0.14),
        ]
    }

    static let crown = WorldObject("crown", [.yellow, .orange]) { _ in
        [
            .poly(-0.72, -0.65, 0.72, -0.65, 0.84, 0.4, 0.42, -0.05, 0, 0.65, -0.42, -0.05, -0.84, 0.4),
            .both(.disc(0.84, 0.46, 0.13)), .disc(0, 0.74, 0.14), .cut(.bar(-0.9, -0.38, 0.9, -0.38, 0.055)),
        ]
    }

    static let bowTie = WorldObject("bow tie", [.red, .purple, .blue]) { _ in
        [
            .both(.poly(0.06, 0.14, 0.78, 0.55, 0.92, 0.3, 0.92, -0.3, 0.78, -0.55, 0.06, -0.14)),
            .cut(.box(0, 0, 0.29, 0.6)), .box(0, 0, 0.19, 0.2, round: 0.08),
        ]
    }
}
