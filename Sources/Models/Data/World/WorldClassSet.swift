/// A named list of the world's objects: what a data set's classes may be.
///
/// `basics` is what is meant where nothing is said. No object of `unseen` is in any other set, so that a
/// foundation model trained on `hundred` can be confronted with classes that it has never seen.
public struct WorldClassSet: Sendable {
    /// What the set is called in scenarios and on the command line.
    public let name: String
    /// What is in it, in a few words.
    public let summary: String
    /// The objects, by class index.
    public let objects: [WorldObject]

    /// The names of the objects, by class index.
    public var names: [String] { objects.map(\.name) }

    /// Ten unlike objects (coarse).
    public static let basics = WorldClassSet(
        name: "basics", summary: "ten unlike objects",
        objects: [
            .star, .ring, .cross, .heart, .crescent, .arrow, .gear, .house, .fish, .mug,
        ])

    /// Ten things that grow (coarse).
    public static let harvest = WorldClassSet(
        name: "harvest", summary: "ten things that grow",
        objects: [
            .apple, .pear, .banana, .cherry, .strawberry, .pineapple, .carrot, .mushroom, .melon, .acorn,
        ])

    /// Ten things that are round and yellow (fine-grained).
    public static let yellow = WorldClassSet(
        name: "yellow", summary: "ten round yellow things, told apart by details",
        objects: [
            .sun, .sunflower, .coin, .smiley, .lemon, .cheese, .moon, .clock, .button, .tennisBall,
        ])

    /// Ten birds (fine-grained).
    public static let birds = WorldClassSet(
        name: "birds", summary: "ten birds of the same colours",
        objects: [
            .duck, .swan, .rooster, .owl, .penguin, .flamingo, .eagle, .parrot, .peacock, .sparrow,
        ])

    /// A hundred objects: the four sets of ten, and sixty more.
    public static let hundred = WorldClassSet(
        name: "hundred", summary: "the four sets of ten, and sixty more",
        objects: [basics, harvest, yellow, birds].flatMap(\.objects) + sixtyMore)

    private static let sixtyMore: [WorldObject] = [
        .triangle, .square, .hexagon, .diamond, .semicircle, .checkmark, .doubleRing, .hollowStar,
        .hollowHeart,
        .hollowSquare, .hollowTriangle, .doubleArrow, .starburst, .spiral,
        .key, .padlock, .bulb, .umbrella, .shovel, .hammer, .wrench, .axe, .spoon, .fork, .pencil, .ladder,
        .anchor, .magnet,
        .bottle, .goblet, .teapot, .candle, .hourglass, .envelope, .bell, .hat, .shirt, .boot, .crown,
        .bowTie,
        .car, .airplane, .rocket, .sailboat, .balloon, .castle,
        .firTree, .palmTree, .leaf, .tulip, .cactus, .cloud, .lightningBolt, .snowflake, .drop,
        .cat, .butterfly, .snail, .crab, .whale,
    ]

    /// Ten objects that are in no other set.
    public static let unseen = WorldClassSet(
        name: "unseen", summary: "ten objects that are in no other set",
        objects: [
            .skull, .ghost, .rabbit, .turtle, .windmill, .tent, .lamp, .book, .bicycle, .comb,
        ])

    /// Every set.
    public static let all = [basics, harvest, yellow, birds, hundred, unseen]
}

extension WorldObject {
    /// Every object of the world, each once.
    public static let all = WorldClassSet.hundred.objects + WorldClassSet.unseen.objects

    /// The objects that a list names, in its order; the name of a set stands for its objects.
    ///
    /// - Throws: `WorldClassError` where a name is unknown, an object comes twice, or fewer than two are
    ///   named.
    public static func named(_ names: [String]) throws(WorldClassError) -> [WorldObject] {
        var objects: [WorldObject] = []
        var isListed: Set<String> = []
        for (position, name) in names.enumerated() {
            guard let named = all(named: name) else { throw .unknown(name, position: position) }
            for object in named {
                guard isListed.insert(object.name).inserted else {
                    throw .repeated(object.name, position: position)
                }
                objects.append(object)
            }
        }
        guard objects.count >= 2 else { throw .tooFew(objects.count) }
        return objects
    }

    /// The objects of the set of a name, or the one object of that name; `nil` where there is neither.
    public static func all(named name: String) -> [WorldObject]? {
        let set = WorldClassSet.all.first { $0.name == name }
        return set?.objects ?? all.first { $0.name == name }.map { [$0] }
    }
}

/// What is wrong with a list of names of classes.
public enum WorldClassError: Error, Hashable, Sendable {
    /// No set and no object has this name.
    case unknown(String, position: Int)
    /// An object is named a second time, by itself or by its set.
    case repeated(String, position: Int)
    /// Nothing can be told apart.
    case tooFew(Int)

    /// The sentence for what may be named.
    public static var allowed: String {
        let sets = WorldClassSet.all.map(\.name).joined(separator: ", ")
        return
            "sets (\(sets)) and single objects (`fgl-sim world` lists them), at least two objects, each once"
    }
}

extension WorldClassError: CustomStringConvertible {
    /// What is wrong and what is allowed, in one line.
    public var description: String {
        switch self {
        case .unknown(let name, _):
            "'\(name)' is neither a set nor an object of the world; allowed: \(Self.allowed)"
        case .repeated(let name, _): "'\(name)' is named twice; allowed: \(Self.allowed)"
        case .tooFew(let count): "\(count) objects are too few classes; allowed: \(Self.allowed)"
        }
    }
}
