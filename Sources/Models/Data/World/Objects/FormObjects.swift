/// Plain forms, and variants of the basic objects.
extension WorldObject {
    static let triangle = WorldObject("triangle", [.red, .teal]) { _ in [.star(0, -0.2, points: 3, 1)] }

    static let square = WorldObject("square", [.blue, .orange]) { _ in [.box(0, 0, 0.7, 0.7)] }

    static let hexagon = WorldObject("hexagon", [.yellow, .purple]) { _ in [.star(0, 0, points: 6, 0.92)] }

    static let diamond = WorldObject("diamond", [.teal, .pink]) { _ in
        [.poly(0, 0.97, -0.6, 0, 0, -0.97, 0.6, 0)]
    }

    static let semicircle = WorldObject("semicircle", [.orange, .green]) { _ in
        [.disc(0, -0.42, 0.95), .keep(.box(0, 0.5, 1, 0.92))]
    }

    static let checkmark = WorldObject("checkmark", [.green]) { _ in
        [.bar(-0.72, -0.08, -0.24, -0.58, 0.17), .bar(-0.24, -0.58, 0.72, 0.6, 0.17)]
    }

    static let doubleRing = WorldObject("double ring", [.yellow, .gray]) { _ in
        [.ring(0, 0, 0.8, 0.11), .ring(0, 0, 0.38, 0.11)]
    }

    static let hollowStar = WorldObject("hollow star", [.yellow, .orange, .purple]) { _ in
        [.star(0, 0, points: 5, 0.97, inner: 0.5), .cut(.star(0, 0, points: 5, 0.58, inner: 0.29))]
    }

    static let hollowHeart = WorldObject("hollow heart", [.red, .pink]) { _ in
        [.heart(0, -0.85, 1.5), .cut(.heart(0, -0.5, 0.95))]
    }

    static let hollowSquare = WorldObject("hollow square", [.blue, .orange]) { _ in
        [.box(0, 0, 0.72, 0.72), .cut(.box(0, 0, 0.45, 0.45))]
    }

    static let hollowTriangle = WorldObject("hollow triangle", [.red, .teal]) { _ in
        [.star(0, -0.2, points: 3, 1), .cut(.star(0, -0.2, points: 3, 0.46))]
    }

    static let doubleArrow = WorldObject("double arrow", [.blue, .green, .red]) { _ in
        [
            .box(0, 0, 0.16, 0.5), .poly(0, 0.97, -0.56, 0.36, 0.56, 0.36),
            .poly(0, -0.97, 0.56, -0.36, -0.56, -0.36),
        ]
    }

    static let starburst = WorldObject("starburst", [.red, .yellow]) { _ in
        [.star(0, 0, points: 11, 0.95, inner: 0.64)]
    }

    static let spiral = WorldObject("spiral", [.purple, .teal]) { _ in
        [
            .arc(-0.1, 0, 0.2, 0, 180, 0.1), .arc(0.1, 0, 0.4, 180, 360, 0.1),
            .arc(-0.1, 0, 0.6, 0, 180, 0.1),
            .arc(0.1, 0, 0.8, 180, 330, 0.1),
        ]
    }
}
