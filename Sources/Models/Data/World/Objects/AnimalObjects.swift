/// Animals but birds; a skull and a ghost.
extension WorldObject {
    static let cat = WorldObject("cat", [.gray, .orange, .brown]) { _ in
        [
            .oval(0, -0.18, 0.72, 0.62), .both(.poly(0.1, 0.3, 0.6, 0.92, 0.7, 0)),
            .cut(.both(.oval(0.3, -0.05, 0.13, 0.15))), .cut(.poly(-0.12, -0.3, 0.12, -0.3, 0, -0.45)),
            .cut(.both(.bar(0.36, -0.42, 0.75, -0.36, 0.045))),
        ]
    }

    static let rabbit = WorldObject("rabbit", [.gray, .brown, .pink]) { _ in
        [
            .oval(0, -0.42, 0.54, 0.48), .both(.oval(0.28, 0.36, 0.17, 0.58, turn: -10)),
            .cut(.both(.bar(0.24, 0.12, 0.34, 0.68, 0.06))), .cut(.both(.disc(0.21, -0.32, 0.1))),
            .cut(.disc(0, -0.56, 0.09)),
        ]
    }

    static let butterfly = WorldObject("butterfly", [.orange, .purple, .blue]) { _ in
        [
            .both(.oval(0.5, 0.32, 0.46, 0.38, turn: 35)), .both(.oval(0.42, -0.42, 0.36, 0.34, turn: -30)),
            .cut(.both(.disc(0.56, 0.36, 0.15))), .cut(.bar(0, 0.5, 0, -0.75, 0.14)),
            .bar(0, 0.42, 0, -0.62, 0.085),
            .both(.bar(0.04, 0.42, 0.22, 0.85, 0.05)),
        ]
    }

    static let snail = WorldObject("snail", [.brown, .orange, .green]) { _ in
        [
            .disc(0.22, 0.12, 0.6), .cut(.arc(0.22, 0.12, 0.36, -60, 220, 0.065)),
            .cut(.disc(0.22, 0.1, 0.1)),
            .bar(-0.7, -0.62, 0.82, -0.62, 0.14), .taper(-0.66, -0.6, 0.15, -0.74, 0.08, 0.14),
            .bar(-0.8, 0.1, -0.9, 0.42, 0.055), .bar(-0.68, 0.1, -0.6, 0.42, 0.055),
        ]
    }

    static let turtle = WorldObject("turtle", [.green, .brown]) { _ in
        [
            .disc(0.1, -0.32, 0.72), .keep(.box(0, 0.28, 1, 0.6)), .cut(.bar(-0.14, -0.3, -0.04, 0.3, 0.05)),
            .cut(.bar(0.34, -0.3, 0.24, 0.3, 0.05)), .cut(.bar(-0.7, -0.16, 0.9, -0.16, 0.05)),
            .bar(-0.5, -0.34, -0.72, -0.1, 0.11), .disc(-0.78, 0, 0.19),
            .both(.box(0.42, -0.5, 0.14, 0.24, round: 0.06)),
            .poly(0.7, -0.2, 0.97, -0.42, 0.7, -0.4),
        ]
    }

    static let crab = WorldObject("crab", [.red, .orange]) { _ in
        [
            .oval(0, -0.2, 0.54, 0.38), .both(.bar(0.42, 0, 0.72, 0.3, 0.1)), .both(.disc(0.7, 0.54, 0.27)),
            .cut(.both(.poly(0.68, 0.5, 0.56, 1, 0.86, 1))), .both(.bar(0.4, -0.3, 0.92, -0.35, 0.075)),
            .both(.bar(0.35, -0.4, 0.76, -0.78, 0.075)), .both(.bar(0.15, 0.1, 0.2, 0.4, 0.085)),
        ]
    }

    static let whale = WorldObject("whale", [.blue, .gray, .teal]) { _ in
        [
            .oval(-0.12, -0.25, 0.76, 0.46), .taper(0.35, -0.2, 0.25, 0.78, 0.25, 0.1),
            .poly(0.78, 0.16, 0.46, 0.56, 0.8, 0.46, 0.95, 0.7, 0.98, 0.3),
            .cut(.bar(-0.95, -0.36, -0.4, -0.42, 0.05)),
            .cut(.disc(-0.42, -0.12, 0.09)), .bar(-0.2, 0.36, -0.2, 0.6, 0.06),
            .bar(-0.2, 0.6, -0.45, 0.76, 0.06),
            .bar(-0.2, 0.6, 0.05, 0.76, 0.06),
        ]
    }

    static let skull = WorldObject("skull", [.gray, .purple]) { _ in
        [
            .oval(0, 0.22, 0.72, 0.66), .box(0, -0.55, 0.42, 0.34, round: 0.1),
            .cut(.both(.oval(0.3, 0.12, 0.21, 0.23))),
            .cut(.poly(0, -0.08, -0.13, -0.34, 0.13, -0.34)), .cut(.bar(0, -0.68, 0, -0.95, 0.055)),
            .cut(.both(.bar(0.22, -0.68, 0.22, -0.95, 0.055))),
        ]
    }

    static let ghost = WorldObject("ghost", [.gray, .teal, .purple]) { _ in
        [
            .disc(0, 0.27, 0.64), .box(0, -0.3, 0.64, 0.57),
            .cut(.both(.poly(0.02, -0.95, 0.21, -0.6, 0.42, -0.95))),
            .cut(.both(.poly(0.44, -0.95, 0.64, -0.6, 0.8, -0.95))),
            .cut(.both(.oval(0.25, 0.32, 0.14, 0.19))),
            .cut(.disc(0, -0.08, 0.12)),
        ]
    }
}
