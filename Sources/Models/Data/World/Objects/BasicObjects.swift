/// The ten objects of the set `basics`, with which the world began. Their shapes are functions of their own;
/// the shipped models and all figures measured with them rest on their pixels.
extension WorldObject {
    static let star = WorldObject("star", palette: [.yellow, .orange, .purple], shape: BasicShapes.star)
    static let ring = WorldObject("ring", palette: [.yellow, .gray, .orange], shape: BasicShapes.ring)
    static let cross = WorldObject("cross", palette: [.red, .green, .brown], shape: BasicShapes.cross)
    static let heart = WorldObject("heart", palette: [.red, .pink], shape: BasicShapes.heart)
    static let crescent = WorldObject(
        "crescent", palette: [.yellow, .gray, .purple], shape: BasicShapes.crescent)
    static let arrow = WorldObject("arrow", palette: [.blue, .green, .red], shape: BasicShapes.arrow)
    static let gear = WorldObject("gear", palette: [.gray, .brown, .teal], shape: BasicShapes.gear)
    static let house = WorldObject("house", palette: [.red, .brown, .blue], shape: BasicShapes.house)
    static let fish = WorldObject("fish", palette: [.orange, .teal, .blue], shape: BasicShapes.fish)
    static let mug = WorldObject("mug", palette: [.blue, .purple, .pink], shape: BasicShapes.mug)
}
