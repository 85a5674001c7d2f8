import Models
import Testing

@Suite("Class sets of the image world")
struct WorldClassSetTests {
    private func error(_ names: [String]) -> WorldClassError? {
        do throws(WorldClassError) {
            _ = try WorldObject.named(names)
            return nil
        } catch {
            return error
        }
    }

    @Test("are four of ten, one of a hundred, and ten objects that are in no other")
    func sizes() {
        #expect(
            WorldClassSet.all.map(\.name) == ["basics", "harvest", "yellow", "birds", "hundred", "unseen"])
        #expect(WorldClassSet.all.map(\.objects.count) == [10, 10, 10, 10, 100, 10])
        for set in WorldClassSet.all { #expect(Set(set.names).count == set.names.count, "\(set.name)") }
        let hundred = Set(WorldClassSet.hundred.names)
        for set in [WorldClassSet.basics, .harvest, .yellow, .birds] {
            #expect(hundred.isSuperset(of: set.names), "\(set.name)")
        }
        #expect(hundred.isDisjoint(with: WorldClassSet.unseen.names))
        #expect(Set(WorldObject.all.map(\.name)).count == 110)
    }

    @Test("begin with the ten objects of old, in their order")
    func basics() {
        let names = [
            "star", "ring", "cross", "heart", "crescent", "arrow", "gear", "house", "fish", "mug",
        ]
        #expect(WorldClassSet.basics.names == names && ImageWorld.classNames == names)
        #expect(Array(WorldClassSet.hundred.names.prefix(10)) == names)
    }

    @Test("have names of one or two lower-case words that mean nothing else in a caption")
    func names() {
        let taken = Set(
            WorldColour.allCases.map(\.name) + WorldBackground.allCases.map(\.name)
                + WorldStyle.allCases.map(\.name) + ["background", "photo", "drawing"])
        for name in WorldObject.all.map(\.name) {
            let words = name.split(separator: " ", omittingEmptySubsequences: false)
            #expect((1...2).contains(words.count), "\(name)")
            #expect(words.allSatisfy { !$0.isEmpty && $0.allSatisfy { ("a"..."z").contains($0) } }, "\(name)")
            #expect(taken.isDisjoint(with: words.map(String.init)), "\(name)")
            #expect(!WorldClassSet.all.map(\.name).contains(name), "\(name) is also a set")
        }
    }

    @Test("of the fine-grained kind tell nothing by colour")
    func palettes() {
        for set in [WorldClassSet.yellow, .birds] {
            #expect(Set(set.objects.map(\.palette)).count == 1, "\(set.name)")
        }
    }

    @Test("and objects can be named together, in the order of the list")
    func named() throws {
        #expect(try WorldObject.named(["mug", "star"]).map(\.name) == ["mug", "star"])
        #expect(try WorldObject.named(["birds"]).map(\.name) == WorldClassSet.birds.names)
        #expect(
            try WorldObject.named(["birds", "fir tree", "harvest"]).map(\.name)
                == WorldClassSet.birds.names + ["fir tree"] + WorldClassSet.harvest.names)
        #expect(try WorldObject.named(["hundred", "unseen"]).map(\.name) == WorldObject.all.map(\.name))
    }

    @Test("and nothing else can")
    func errors() {
        #expect(error([]) == .tooFew(0))
        #expect(error(["star"]) == .tooFew(1))
        #expect(error(["star", "stars"]) == .unknown("stars", position: 1))
        #expect(error([""]) == .unknown("", position: 0))
        #expect(error(["Star", "ring"]) == .unknown("Star", position: 0))
        #expect(error(["star", "ring", "star"]) == .repeated("star", position: 2))
        #expect(error(["star", "basics"]) == .repeated("star", position: 1))
        #expect(error(["birds", "birds"]) == .repeated("duck", position: 1))
        #expect(error(["birds", "hundred"]) == .repeated("duck", position: 1))
        #expect(
            error(["star", "owls"]).map { "\($0)" }
                == "'owls' is neither a set nor an object of the world; allowed: sets (basics, harvest, "
                    + "yellow, birds, "
                + "hundred, unseen) and single objects (`fgl-sim world` lists them), at least two objects, "
                + "each once"
        )
        #expect(
            error(["star", "star"]).map { "\($0)" }?.hasPrefix("'star' is named twice; allowed: ") == true)
        #expect(
            error(["star"]).map { "\($0)" }?.hasPrefix("1 objects are too few classes; allowed: ") == true)
    }

    @Test("render as the same objects do by themselves, and label by their place in the list")
    func rendering() throws {
        let birds = ImageWorld.privateSet(perClass: 2, seed: 3, classes: WorldClassSet.birds.objects)
        #expect(birds.classNames == WorldClassSet.birds.names && birds.count == 20)
        #expect(birds.labels == (0..<20).map { Int32($0 % 10) })
        let labels = ImageWorld.privateLabels(perClass: 2, side: 32, classes: WorldClassSet.birds.objects)
        #expect(labels.labels == birds.labels && labels.classNames == birds.classNames)
        #expect(labels.domains == birds.domains && labels.domainNames == birds.domainNames)
        for (index, label) in birds.labels.enumerated() {
            #expect(birds.captions[index].contains(" \(birds.classNames[Int(label)])"))
        }
        // Image i of any list has the same draws after its class: the same object is the same picture.
        let reversed = try WorldObject.named(["mug", "owl"])
        let first = ImageWorld.render(count: 1, seed: 5, distribution: .private, classes: reversed)
        let alone = ImageWorld.render(count: 1, seed: 5, distribution: .private, classes: [reversed[0]])
        #expect(first.pixels == alone.pixels)
    }
}
