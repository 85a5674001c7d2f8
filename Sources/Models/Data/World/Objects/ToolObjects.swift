/// Tools and small things.
extension WorldObject {
    static let key = WorldObject("key", [.yellow, .gray]) { _ in
        [
            .ring(-0.52, 0, 0.3, 0.14), .bar(-0.2, 0, 0.88, 0, 0.11), .box(0.5, -0.24, 0.1, 0.2),
            .box(0.82, -0.24, 0.1, 0.2),
        ]
    }

    static let padlock = WorldObject("padlock", [.yellow, .gray]) { _ in
        [
            .box(0, -0.38, 0.66, 0.52, round: 0.12), .arc(0, 0.36, 0.4, 0, 180, 0.12),
            .both(.box(0.4, 0.2, 0.12, 0.2)), .cut(.disc(0, -0.3, 0.15)), .cut(.bar(0, -0.3, 0, -0.62, 0.07)),
        ]
    }

    static let bulb = WorldObject("bulb", [.yellow, .orange]) { _ in
        [
            .disc(0, 0.32, 0.62), .taper(0, 0, 0.42, 0, -0.35, 0.26), .box(0, -0.7, 0.28, 0.26, round: 0.08),
            .cut(.bar(-0.5, -0.45, 0.5, -0.45, 0.055)), .cut(.bar(-0.5, -0.72, 0.5, -0.72, 0.055)),
        ]
    }

    static let umbrella = WorldObject("umbrella", [.red, .blue, .purple]) { _ in
        [
            .disc(0, 0, 0.93), .keep(.box(0, 0.5, 1, 0.5)), .cut(.both(.disc(0.6, -0.04, 0.26))),
            .cut(.disc(0, -0.04, 0.26)), .bar(0, 0.4, 0, -0.72, 0.075),
            .arc(-0.18, -0.72, 0.18, 180, 360, 0.075),
        ]
    }

    static let shovel = WorldObject("shovel", [.gray, .red]) { _ in
        [
            .poly(-0.34, -0.2, 0.34, -0.2, 0.34, -0.62, 0, -0.97, -0.34, -0.62), .bar(0, -0.2, 0, 0.6, 0.1),
            .bar(0, 0.55, -0.26, 0.88, 0.08), .bar(0, 0.55, 0.26, 0.88, 0.08),
            .bar(-0.26, 0.88, 0.26, 0.88, 0.085),
        ]
    }

    static let hammer = WorldObject("hammer", [.gray, .brown]) { _ in
        [
            .box(0.12, 0.62, 0.5, 0.25, round: 0.05), .poly(-0.3, 0.87, -0.9, 0.5, -0.75, 0.38, -0.3, 0.5),
            .box(0, -0.27, 0.13, 0.68),
        ]
    }

    static let wrench = WorldObject("wrench", [.gray, .blue]) { _ in
        [
            .disc(0, 0.56, 0.4), .cut(.box(0, 0.85, 0.15, 0.35)), .bar(0, 0.3, 0, -0.5, 0.15),
            .disc(0, -0.62, 0.31),
            .cut(.disc(0, -0.62, 0.13)),
        ]
    }

    static let axe = WorldObject("axe", [.brown, .gray]) { _ in
        [
            .bar(-0.25, -0.9, -0.25, 0.85, 0.1),
            .poly(-0.25, 0.72, 0.2, 0.72, 0.55, 0.92, 0.7, 0.45, 0.55, -0.05, 0.2, 0.22, -0.25, 0.22),
        ]
    }

    static let spoon = WorldObject("spoon", [.gray, .teal]) { _ in
        [.oval(0, 0.53, 0.34, 0.43), .bar(0, 0.2, 0, -0.88, 0.1)]
    }

    static let fork = WorldObject("fork", [.gray, .teal]) { _ in
        [
            .both(.bar(0.3, 0.88, 0.3, 0.3, 0.085)), .bar(0, 0.88, 0, 0.3, 0.085),
            .box(0, 0.18, 0.385, 0.17, round: 0.12),
            .bar(0, 0.2, 0, -0.88, 0.1),
        ]
    }

    static let pencil = WorldObject("pencil", [.yellow, .green]) { _ in
        [
            .box(0, 0.2, 0.26, 0.72), .poly(-0.26, -0.5, 0.26, -0.5, 0, -0.98),
            .cut(.bar(-0.4, 0.58, 0.4, 0.58, 0.055)), .cut(.bar(-0.4, -0.48, 0.4, -0.48, 0.055)),
        ]
    }

    static let ladder = WorldObject("ladder", [.brown, .orange]) { _ in
        [
            .both(.box(0.42, 0, 0.1, 0.93)), .box(0, 0.63, 0.42, 0.09), .box(0, 0.21, 0.42, 0.09),
            .box(0, -0.21, 0.42, 0.09), .box(0, -0.63, 0.42, 0.09),
        ]
    }

    static let anchor = WorldObject("anchor", [.blue, .gray]) { _ in
        [
            .ring(0, 0.74, 0.17, 0.085), .bar(0, 0.55, 0, -0.75, 0.1), .bar(-0.38, 0.36, 0.38, 0.36, 0.09),
            .arc(0, -0.12, 0.68, 205, 335, 0.11), .both(.poly(0.42, -0.3, 0.88, -0.12, 0.8, -0.62)),
        ]
    }

    static let magnet = WorldObject("magnet", [.red]) { _ in
        [
            .arc(0, 0.2, 0.55, 0, 180, 0.24), .both(.box(0.55, -0.25, 0.24, 0.48)),
            .cut(.both(.bar(0.2, -0.42, 0.9, -0.42, 0.055))),
        ]
    }

    static let comb = WorldObject("comb", [.pink, .brown]) { _ in
        [
            .box(0, 0.42, 0.9, 0.24, round: 0.1), .both(.bar(0.16, 0.3, 0.16, -0.6, 0.085)),
            .both(.bar(0.48, 0.3, 0.48, -0.6, 0.085)), .both(.bar(0.8, 0.3, 0.8, -0.5, 0.085)),
        ]
    }
}
