/// Vehicles and buildings.
extension WorldObject {
    static let car = WorldObject("car", [.red, .blue, .gray]) { _ in
        [
            .box(0, -0.2, 0.92, 0.26, round: 0.1), .poly(-0.6, 0, -0.36, 0.46, 0.3, 0.46, 0.62, 0),
            .cut(.poly(-0.4, 0.05, -0.26, 0.33, -0.06, 0.33, -0.06, 0.05)),
            .cut(.poly(0.08, 0.05, 0.08, 0.33, 0.24, 0.33, 0.42, 0.05)), .cut(.both(.disc(0.5, -0.45, 0.3))),
            .both(.disc(0.5, -0.45, 0.21)),
        ]
    }

    static let airplane = WorldObject("airplane", [.gray, .blue, .red]) { _ in
        [
            .bar(0, 0.8, 0, -0.75, 0.15), .both(.poly(0.05, 0.38, 0.95, -0.12, 0.95, -0.36, 0.05, -0.08)),
            .both(.poly(0.05, -0.5, 0.42, -0.75, 0.42, -0.93, 0.05, -0.82)),
        ]
    }

    static let rocket = WorldObject("rocket", [.red, .gray, .purple]) { _ in
        [
            .oval(0, 0.15, 0.34, 0.82), .keep(.box(0, 0.4, 1, 0.95)),
            .both(.poly(0.2, -0.1, 0.66, -0.7, 0.18, -0.5)),
            .cut(.disc(0, 0.32, 0.15)), .poly(-0.18, -0.66, 0.18, -0.66, 0, -0.98),
        ]
    }

    static let sailboat = WorldObject("sailboat", [.blue, .red, .orange]) { _ in
        [
            .poly(-0.85, -0.42, 0.85, -0.42, 0.5, -0.84, -0.55, -0.84), .bar(0, -0.4, 0, 0.9, 0.06),
            .poly(0.14, 0.85, 0.14, -0.25, 0.74, -0.25), .poly(-0.14, 0.65, -0.14, -0.25, -0.6, -0.25),
        ]
    }

    static let balloon = WorldObject("balloon", [.red, .orange, .pink]) { _ in
        [
            .disc(0, 0.28, 0.66), .poly(-0.6, 0.05, 0.6, 0.05, 0.2, -0.48, -0.2, -0.48),
            .cut(.both(.arc(-0.55, 0.28, 0.8, -50, 50, 0.045))), .both(.bar(0.2, -0.45, 0.17, -0.7, 0.05)),
            .box(0, -0.82, 0.24, 0.15, round: 0.05),
        ]
    }

    static let bicycle = WorldObject("bicycle", [.red, .blue, .teal]) { _ in
        [
            .both(.ring(0.56, -0.32, 0.33, 0.085)), .bar(-0.56, -0.32, -0.15, 0.25, 0.07),
            .bar(-0.15, 0.25, 0.42, 0.25, 0.07),
            .bar(0.38, 0.45, 0.56, -0.32, 0.07), .bar(-0.2, 0.4, 0, -0.32, 0.07),
            .bar(0, -0.32, 0.42, 0.25, 0.07),
            .bar(-0.36, 0.45, -0.06, 0.45, 0.08), .bar(0.36, 0.5, 0.62, 0.56, 0.075),
        ]
    }

    static let castle = WorldObject("castle", [.gray, .brown]) { _ in
        [
            .box(0, -0.4, 0.6, 0.45), .both(.box(0.6, -0.05, 0.27, 0.8)),
            .cut(.both(.box(0.6, 0.7, 0.1, 0.16))),
            .cut(.both(.box(0.14, 0.02, 0.08, 0.14))), .cut(.disc(0, -0.45, 0.2)),
            .cut(.box(0, -0.7, 0.2, 0.25)),
        ]
    }

    static let windmill = WorldObject("windmill", [.brown, .red, .gray]) { p in
        let angle = mixed(30, 60, p.y)
        return [
            .poly(-0.2, 0.3, 0.2, 0.3, 0.44, -0.93, -0.44, -0.93), .cut(.disc(0, 0.25, 0.3)),
            .box(0, 0.25, 0.78, 0.11, turn: angle), .box(0, 0.25, 0.78, 0.11, turn: angle + 90),
            .cut(.box(0, -0.75, 0.12, 0.2)),
        ]
    }

    static let tent = WorldObject("tent", [.orange, .green, .blue]) { _ in
        [
            .poly(0, 0.72, -0.93, -0.66, 0.93, -0.66), .cut(.poly(0, 0.2, -0.34, -0.7, 0.34, -0.7)),
            .both(.bar(0, 0.66, 0.2, 0.93, 0.07)),
        ]
    }
}
