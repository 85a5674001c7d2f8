/// Plants and weather.
extension WorldObject {
    static let firTree = WorldObject("fir tree", [.green, .teal]) { _ in
        [
            .poly(0, 0.97, -0.42, 0.38, 0.42, 0.38), .poly(0, 0.65, -0.6, -0.12, 0.6, -0.12),
            .poly(0, 0.25, -0.76, -0.64, 0.76, -0.64), .box(0, -0.78, 0.15, 0.17),
        ]
    }

    static let palmTree = WorldObject("palm tree", [.green, .brown]) { _ in
        [
            .taper(0.08, 0.35, 0.1, -0.15, -0.88, 0.15), .taper(0.05, 0.42, 0.16, -0.82, 0.25, 0.06),
            .taper(0.1, 0.42, 0.16, 0.88, 0.25, 0.06), .taper(0.05, 0.42, 0.15, -0.5, 0.85, 0.06),
            .taper(0.1, 0.42, 0.15, 0.58, 0.85, 0.06), .taper(0.05, 0.4, 0.14, -0.5, -0.12, 0.05),
            .taper(0.1, 0.4, 0.14, 0.6, -0.12, 0.05),
        ]
    }

    static let leaf = WorldObject("leaf", [.green, .orange, .brown]) { _ in
        [
            .disc(-0.42, 0.12, 0.93), .keep(.disc(0.42, 0.12, 0.93)), .cut(.bar(0, 0.5, 0, -0.75, 0.05)),
            .cut(.both(.bar(0, 0, 0.32, 0.28, 0.045))), .cut(.both(.bar(0, -0.4, 0.32, -0.12, 0.045))),
            .bar(0, -0.66, 0.05, -0.95, 0.075),
        ]
    }

    static let tulip = WorldObject("tulip", [.red, .pink, .yellow]) { _ in
        [
            .poly(
                -0.5, 0.92, -0.24, 0.6, 0, 0.97, 0.24, 0.6, 0.5, 0.92, 0.5, 0.32, 0.26, 0.05, -0.26, 0.05,
                -0.5, 0.32),
            .bar(0, 0.1, 0, -0.9, 0.085), .both(.taper(0.06, -0.82, 0.12, 0.5, -0.12, 0.05)),
        ]
    }

    static let cactus = WorldObject("cactus", [.green, .teal]) { _ in
        [
            .bar(0, -0.72, 0, 0.72, 0.22), .bar(0, -0.15, -0.54, -0.15, 0.13),
            .bar(-0.54, -0.15, -0.54, 0.32, 0.14),
            .bar(0, -0.35, 0.54, -0.35, 0.13), .bar(0.54, -0.35, 0.54, 0.2, 0.14),
        ]
    }

    static let cloud = WorldObject("cloud", [.gray, .blue]) { _ in
        [
            .disc(-0.5, -0.12, 0.36), .disc(-0.05, 0.18, 0.48), .disc(0.5, -0.08, 0.4),
            .box(0, -0.3, 0.75, 0.18, round: 0.16),
        ]
    }

    static let lightningBolt = WorldObject("lightning bolt", [.yellow, .orange]) { _ in
        [.poly(0.28, 0.97, -0.52, -0.14, -0.08, -0.14, -0.3, -0.97, 0.55, 0.22, 0.1, 0.22)]
    }

    static let snowflake = WorldObject("snowflake", [.blue, .teal, .gray]) { _ in
        [
            .each(6, .bar(0, 0, 0.9, 0, 0.085)), .each(6, .bar(0.45, 0, 0.72, 0.26, 0.075)),
            .each(6, .bar(0.45, 0, 0.72, -0.26, 0.075)),
        ]
    }

    static let drop = WorldObject("drop", [.blue, .teal]) { _ in [.taper(0, -0.3, 0.63, 0, 0.93, 0.03)] }
}
