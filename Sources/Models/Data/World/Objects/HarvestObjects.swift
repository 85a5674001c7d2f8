/// What grows: the figures of the set `harvest`.
extension WorldObject {
    static let apple = WorldObject("apple", [.red, .green]) { _ in
        [
            .both(.disc(0.3, -0.1, 0.56)), .oval(0, -0.32, 0.6, 0.55), .cut(.disc(0, 0.54, 0.18)),
            .bar(0, 0.35, 0.1, 0.8, 0.07), .oval(0.4, 0.74, 0.28, 0.14, turn: 25),
        ]
    }

    static let pear = WorldObject("pear", [.green, .yellow]) { _ in
        [
            .disc(0, -0.4, 0.56), .taper(0, -0.3, 0.42, 0, 0.3, 0.28), .bar(0, 0.5, -0.08, 0.92, 0.075),
            .oval(0.36, 0.74, 0.32, 0.16, turn: 20),
        ]
    }

    static let banana = WorldObject("banana", [.yellow]) { p in
        let bend = mixed(0.95, 1.2, p.y)
        return [.arc(0.05, 0.85, bend, 205, 325, 0.23), .bar(0.84, 0.22, 0.92, 0.5, 0.1)]
    }

    static let cherry = WorldObject("cherry", [.red, .purple]) { _ in
        [
            .disc(-0.45, -0.5, 0.4), .disc(0.45, -0.45, 0.4), .bar(-0.45, -0.2, 0.1, 0.8, 0.065),
            .bar(0.45, -0.1, 0.1, 0.8, 0.065), .oval(0.42, 0.72, 0.32, 0.16, turn: -20),
        ]
    }

    static let strawberry = WorldObject("strawberry", [.red, .pink]) { _ in
        [
            .taper(0, 0.05, 0.6, 0, -0.75, 0.14), .cut(.disc(-0.3, 0.08, 0.09)), .cut(.disc(0.3, 0.08, 0.09)),
            .cut(.disc(0, -0.18, 0.09)), .cut(.disc(-0.22, -0.45, 0.08)), .cut(.disc(0.22, -0.45, 0.08)),
            .cut(.bar(-0.7, 0.42, 0.7, 0.42, 0.05)),
            .poly(-0.66, 0.9, -0.3, 0.7, 0, 0.98, 0.3, 0.7, 0.66, 0.9, 0.5, 0.47, -0.5, 0.47),
        ]
    }

    static let pineapple = WorldObject("pineapple", [.yellow, .orange, .brown]) { _ in
        [
            .oval(0, -0.38, 0.5, 0.58), .cut(.bar(-0.6, -0.5, 0.3, 0.3, 0.05)),
            .cut(.bar(-0.35, -0.95, 0.65, -0.05, 0.05)), .cut(.bar(0.6, -0.5, -0.3, 0.3, 0.05)),
            .cut(.bar(0.35, -0.95, -0.65, -0.05, 0.05)),
            .poly(-0.14, 0.1, -0.56, 0.7, -0.2, 0.55, 0, 0.98, 0.2, 0.55, 0.56, 0.7, 0.14, 0.1),
        ]
    }

    static let carrot = WorldObject("carrot", [.orange]) { _ in
        [
            .taper(0, 0.22, 0.36, 0, -0.9, 0.06), .cut(.bar(-0.5, 0.1, -0.05, 0.1, 0.055)),
            .cut(.bar(0.02, -0.25, 0.4, -0.25, 0.055)), .both(.bar(0.05, 0.55, 0.36, 0.88, 0.1)),
            .bar(0, 0.5, 0, 0.95, 0.1),
        ]
    }

    static let mushroom = WorldObject("mushroom", [.red, .brown]) { _ in
        [
            .disc(0, 0.1, 0.85), .keep(.box(0, 0.55, 1, 0.5)), .cut(.disc(-0.38, 0.42, 0.14)),
            .cut(.disc(0.2, 0.62, 0.13)), .cut(.disc(0.5, 0.25, 0.1)), .box(0, -0.4, 0.26, 0.5, round: 0.1),
        ]
    }

    static let melon = WorldObject("melon", [.green, .red]) { _ in
        [
            .disc(0, 0.4, 0.95), .keep(.box(0, -0.3, 1, 0.7)), .cut(.arc(0, 0.4, 0.74, 180, 360, 0.055)),
            .cut(.both(.disc(0.32, 0.14, 0.09))), .cut(.disc(0, -0.02, 0.09)),
        ]
    }

    static let acorn = WorldObject("acorn", [.brown, .green]) { _ in
        [
            .oval(0, 0.15, 0.74, 0.5), .keep(.box(0, 0.6, 1, 0.5)), .bar(0, 0.55, 0.14, 0.92, 0.085),
            .taper(0, -0.3, 0.52, 0, -0.68, 0.28), .cut(.bar(-0.8, 0.12, 0.8, 0.12, 0.06)),
            .bar(0, -0.8, 0, -0.96, 0.08),
        ]
    }
}
