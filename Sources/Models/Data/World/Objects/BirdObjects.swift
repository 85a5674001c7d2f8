/// The figures of the fine-grained set `birds`: bodies alike, in the same three colours.
extension WorldObject {
    private static let plumage: [WorldColour] = [.gray, .brown, .blue]

    static let duck = WorldObject("duck", plumage) { _ in
        [
            .oval(0.1, -0.32, 0.7, 0.42), .taper(-0.42, 0.2, 0.2, -0.3, -0.2, 0.3), .disc(-0.46, 0.4, 0.31),
            .oval(-0.82, 0.34, 0.2, 0.11), .poly(0.55, -0.2, 0.95, 0.22, 0.8, -0.4),
            .cut(.disc(-0.52, 0.48, 0.09)),
        ]
    }

    static let swan = WorldObject("swan", plumage) { _ in
        [
            .oval(0.16, -0.5, 0.72, 0.35), .arc(-0.2, -0.1, 0.4, 130, 215, 0.12),
            .arc(-0.62, 0.42, 0.24, -50, 150, 0.11),
            .disc(-0.74, 0.5, 0.16), .bar(-0.8, 0.44, -0.92, 0.28, 0.075),
            .poly(-0.1, -0.3, 0.35, 0.1, 0.96, 0.16, 0.85, -0.5),
        ]
    }

    static let rooster = WorldObject("rooster", plumage) { _ in
        [
            .oval(0, -0.25, 0.48, 0.38), .oval(0.6, 0.22, 0.24, 0.55, turn: -25),
            .taper(-0.4, 0.35, 0.2, -0.15, -0.1, 0.36), .disc(-0.45, 0.45, 0.23), .disc(-0.58, 0.74, 0.12),
            .disc(-0.36, 0.78, 0.12), .poly(-0.64, 0.52, -0.92, 0.4, -0.62, 0.32),
            .bar(-0.1, -0.6, -0.1, -0.93, 0.065), .bar(0.16, -0.6, 0.16, -0.93, 0.065),
        ]
    }

    static let owl = WorldObject("owl", plumage) { _ in
        [
            .oval(0, -0.15, 0.58, 0.8), .both(.poly(0.1, 0.5, 0.52, 0.95, 0.56, 0.2)),
            .cut(.both(.disc(0.27, 0.28, 0.22))), .both(.disc(0.27, 0.28, 0.1)),
            .cut(.poly(-0.12, 0.02, 0.12, 0.02, 0, -0.25)),
        ]
    }

    static let penguin = WorldObject("penguin", plumage) { _ in
        [
            .oval(0, -0.15, 0.52, 0.75), .disc(-0.02, 0.62, 0.31), .cut(.oval(0, -0.3, 0.28, 0.45)),
            .both(.bar(0.45, 0.2, 0.7, -0.35, 0.1)), .both(.oval(0.24, -0.9, 0.22, 0.09)),
            .bar(-0.25, 0.64, -0.55, 0.58, 0.085), .cut(.disc(-0.08, 0.7, 0.08)),
        ]
    }

    static let flamingo = WorldObject("flamingo", plumage) { _ in
        [
            .oval(0.18, 0.08, 0.48, 0.29), .bar(-0.2, 0.1, -0.48, 0.4, 0.1),
            .bar(-0.48, 0.4, -0.3, 0.75, 0.1),
            .disc(-0.38, 0.82, 0.17), .bar(-0.5, 0.78, -0.7, 0.55, 0.085),
            .bar(0.15, -0.1, 0.15, -0.93, 0.07),
            .bar(0.2, -0.15, 0.52, -0.45, 0.065), .bar(0.52, -0.45, 0.18, -0.6, 0.065),
        ]
    }

    static let eagle = WorldObject("eagle", plumage) { p in
        let tip = mixed(0.5, 0.72, p.y)
        return [
            .oval(0, -0.08, 0.2, 0.5),
            .both(
                .poly(
                    0.05, 0.28, 0.3, 0.45, 0.62, tip, 0.97, tip, 0.84, 0.28, 0.9, 0.14, 0.7, 0.02, 0.72,
                    -0.14, 0.5, -0.16,
                    0.3, -0.2, 0.05, -0.25)),
            .poly(-0.14, -0.4, 0.14, -0.4, 0.34, -0.85, 0, -0.74, -0.34, -0.85), .disc(-0.02, 0.46, 0.19),
            .bar(-0.1, 0.5, -0.3, 0.4, 0.08),
        ]
    }

    static let parrot = WorldObject("parrot", plumage) { _ in
        [
            .oval(0.02, -0.02, 0.38, 0.62, turn: 15), .taper(0.15, -0.4, 0.24, 0.42, -0.93, 0.1),
            .disc(-0.16, 0.56, 0.35), .poly(-0.4, 0.78, -0.72, 0.5, -0.56, 0.26, -0.36, 0.42),
            .cut(.disc(-0.22, 0.64, 0.1)), .cut(.bar(0.05, 0.1, 0.22, -0.4, 0.055)),
            .bar(-0.65, -0.5, -0.1, -0.5, 0.075), .bar(0.55, -0.5, 0.8, -0.5, 0.075),
        ]
    }

    static let peacock = WorldObject("peacock", plumage) { _ in
        [
            .disc(0, -0.1, 0.92), .keep(.box(0, 0.5, 1, 0.75)), .cut(.each(10, .bar(0.55, 0, 1, 0, 0.05))),
            .cut(.oval(0, -0.15, 0.34, 0.5)), .oval(0, -0.45, 0.22, 0.42), .disc(0, 0.08, 0.17),
        ]
    }

    static let sparrow = WorldObject("sparrow", plumage) { _ in
        [
            .disc(0.08, -0.12, 0.5), .disc(-0.33, 0.38, 0.34), .poly(-0.6, 0.48, -0.93, 0.34, -0.6, 0.26),
            .poly(0.4, 0.15, 0.95, 0.4, 0.92, 0.1, 0.45, -0.3), .cut(.disc(-0.4, 0.46, 0.09)),
            .cut(.arc(0.1, 0, 0.3, 200, 320, 0.055)), .bar(0, -0.5, 0, -0.9, 0.06),
            .bar(0.24, -0.5, 0.24, -0.9, 0.06),
        ]
    }
}
