/// Round and yellow things: the figures of the fine-grained set `yellow`. Only details tell them apart, and
/// colour does not.
extension WorldObject {
    static let sun = WorldObject("sun", [.yellow]) { _ in
        [.disc(0, 0, 0.46), .each(8, .bar(0.7, 0, 0.94, 0, 0.085))]
    }

    static let sunflower = WorldObject("sunflower", [.yellow]) { _ in
        [.each(9, .oval(0.66, 0, 0.3, 0.17)), .disc(0, 0, 0.52), .cut(.ring(0, 0, 0.36, 0.065))]
    }

    static let coin = WorldObject("coin", [.yellow]) { _ in
        [.disc(0, 0, 0.92), .cut(.ring(0, 0, 0.68, 0.06)), .cut(.bar(0, -0.3, 0, 0.3, 0.09))]
    }

    static let smiley = WorldObject("smiley", [.yellow]) { _ in
        [.disc(0, 0, 0.92), .cut(.both(.disc(0.33, 0.28, 0.14))), .cut(.arc(0, 0, 0.5, 205, 335, 0.09))]
    }

    static let lemon = WorldObject("lemon", [.yellow]) { _ in
        [.oval(0, 0, 0.76, 0.6), .both(.oval(0.78, 0, 0.2, 0.17))]
    }

    static let cheese = WorldObject("cheese", [.yellow]) { _ in
        [
            .disc(0, 0, 0.92), .cut(.poly(0, 0, 1.2, 0.75, 1.2, -0.35)), .cut(.disc(-0.15, 0.48, 0.15)),
            .cut(.disc(-0.5, -0.1, 0.19)), .cut(.disc(0.1, -0.5, 0.15)),
        ]
    }

    static let moon = WorldObject("moon", [.yellow]) { _ in
        [
            .disc(0, 0, 0.92), .cut(.disc(-0.32, 0.32, 0.24)), .cut(.disc(0.36, 0, 0.17)),
            .cut(.disc(-0.2, -0.45, 0.17)), .cut(.disc(0.32, 0.5, 0.12)),
        ]
    }

    static let clock = WorldObject("clock", [.yellow]) { p in
        let (hourX, hourY) = (mixed(0.3, 0.42, p.x), mixed(-0.25, 0.1, p.y))
        return [
            .disc(0, 0, 0.92), .cut(.bar(0, 0, 0, 0.5, 0.075)), .cut(.bar(0, 0, hourX, hourY, 0.075)),
            .cut(.each(4, .disc(0.72, 0, 0.085))),
        ]
    }

    static let button = WorldObject("button", [.yellow]) { _ in
        [.disc(0, 0, 0.92), .cut(.both(.disc(0.27, 0.27, 0.14))), .cut(.both(.disc(0.27, -0.27, 0.14)))]
    }

    static let tennisBall = WorldObject("tennis ball", [.yellow]) { p in
        let bend = mixed(0.6, 0.75, p.x)
        return [.disc(0, 0, 0.92), .cut(.both(.arc(1, 0, bend, 110, 250, 0.07)))]
    }
}
