import Foundation
import Models
import TestSupport
import Testing

/// `data.set: leaf`.
@Suite("LEAF's JSON files")
struct LEAFFolderTests {
    private static let options = ImageLoadOptions(side: 8)

    private func load(
        _ files: [String: String], testFraction: Double? = nil, options: ImageLoadOptions = options
    ) throws -> LoadedImages {
        let folder = try TemporaryDataFolder()
        try OwnedImages.write(files, to: folder.path)
        return try LEAFFolder(path: folder.path, testFraction: testFraction).load(options)
    }

    @Test("A set without any test image is refused, also where no owner can spare one")
    func withoutTestImages() throws {
        let train = OwnedImages([("a", 1), ("b", 1), ("c", 1)])
        let alone = #expect(throws: DataError.self) { try load(["a.json": train.json()]) }
        #expect("\(alone!)".contains("no owner has images enough to spare one for testing"), "\(alone!)")
        let empty = "{\"users\": [], \"num_samples\": [], \"user_data\": {}}"
        let error = #expect(throws: DataError.self) {
            try load(["train/a.json": OwnedImages([("a", 4)]).json(), "test/a.json": empty])
        }
        #expect("\(error!)".contains("no image in its files"), "\(error!)")
    }

    @Test("Images, labels and owners are those of the files, whichever file a user is in")
    func rightValues() throws {
        let train = OwnedImages([("f2", 3), ("f10", 2), ("f1", 4)])
        let test = OwnedImages([("f10", 1), ("f3", 2)], firstGray: 100)
        let folder = try TemporaryDataFolder()
        try OwnedImages.write(
            [
                "data/train/a.json": train.json(["f2", "f10"]), "data/train/b.json": train.json(["f1"]),
                "data/test/a.json": test.json(), "data/train/notes.txt": "no set",
            ], to: folder.path)
        let loaded = try LEAFFolder(path: folder.path).load(Self.options)
        for (set, expected) in [(loaded.train, train), (loaded.test, test)] {
            let owners = try #require(set.owners)
            // Names of both splits, in the order of their bytes.
            #expect(owners.names == ["f1", "f10", "f2", "f3"])
            #expect(owners.indices.map { owners.names[Int($0)] } == expected.images.map(\.owner))
            #expect(set.labels == expected.images.map { Int32($0.label) })
            #expect(set.side == 8 && set.classNames == ["0", "1"])
            for (index, image) in expected.images.enumerated() {
                let plane = image.bytes(side: 8)
                #expect(Array(set.image(at: index)) == plane + plane + plane)
            }
        }
        #expect(
            loaded.notices.first.map { "\($0)" }
                == "\(folder.path): the data set is read from \(folder.path)/data")
    }

    @Test("Numbers are owners in their order; other keys and users without images do not count")
    func orderAndOtherKeys() throws {
        let text = """
            {"hierarchies": [{"a": [null, true]}], "num_samples": [1, 1.0, 0],
             "user_data": {"10": {"y": [1], "x": [[0, 0.5, 1.0, 2e-1]]},
              "9": {"x": [[1, 1, 1, 1]], "y": [0.0]},
              "gone": {"x": [], "y": []}, "7": {"x": [], "y": []}}, "users": ["10", "9", "7"]}
            """
        let loaded = try load(["train/a.json": "\u{FEFF}" + text, "test/a.json": text])
        #expect(loaded.train.owners?.names == ["9", "10"] && loaded.train.owners?.indices == [1, 0])
        let small = try load(
            ["train/a.json": text, "test/a.json": text], options: ImageLoadOptions(side: 2))
        #expect(Array(small.train.image(at: 0)) == [0, 128, 255, 51, 0, 128, 255, 51, 0, 128, 255, 51])
        #expect(loaded.train.labels == [1, 0] && loaded.train.pixels.count == 2 * 3 * 64)
        // At most so many of a class, the first.
        let large = OwnedImages([("u", 5), ("v", 2)]).json()
        let few = try load(
            ["train/a.json": large, "test/a.json": large],
            options: ImageLoadOptions(side: 8, trainPerClass: 2))
        #expect(few.train.labels == [0, 1, 0, 1] && few.train.owners?.counts == [4, 0])
    }

    @Test("Sixty-two classes are FEMNIST's; a file of names may name others, and classes without an image")
    func names() throws {
        let all = OwnedImages([("u", 62)], classes: 62).json()
        let loaded = try load(["train/a.json": all, "test/a.json": all])
        #expect(loaded.train.classNames.joined().hasPrefix("0123456789ABC"))
        #expect(loaded.train.classNames.count == 62 && loaded.train.classNames[61] == "z")
        let two = OwnedImages([("u", 2)]).json()
        let named = try load(
            ["train/a.json": two, "test/a.json": two, "class-names.txt": "cat\ndog\nowl\n"])
        #expect(named.train.classNames == ["cat", "dog", "owl"])
        #expect(throws: DataError.self) {
            try load(["train/a.json": two, "test/a.json": two, "class-names.txt": "cat\n"])
        }
    }

    @Test("Without a test set a fraction of each owner's images is drawn, whatever the files are called")
    func ownSplit() throws {
        let set = OwnedImages([("a", 10), ("b", 5), ("c", 1)])
        let one = try load(["all_data_0.json": set.json()])
        let two = try load([
            "data/all_data/x.json": set.json(["c", "a"]), "data/all_data/y.json": set.json(["b"]),
        ])
        for loaded in [one, two] {
            #expect(loaded.train.owners?.counts == [8, 4, 1] && loaded.test.owners?.counts == [2, 1, 0])
        }
        // Each owner's image 0 is of its own gray, so pixels tell which images were drawn.
        func grays(_ set: ImageSet) -> Set<UInt8> { Set((0..<set.count).map { set.image(at: $0).last! }) }
        #expect(grays(one.test) == grays(two.test) && grays(one.train).isDisjoint(with: grays(one.test)))
        #expect(grays(one.train).count == 13)
        let half = try load(["train/a.json": set.json()], testFraction: 0.5)
        #expect(half.test.owners?.counts == [5, 3, 0])
        #expect(half.notices.contains { "\($0)".contains("of each owner's images is drawn for the test") })
        let used = try load(["train/a.json": set.json(), "test/a.json": set.json()], testFraction: 0.5)
        #expect(used.notices.contains { "\($0)".contains("data.test-fraction 0.5 is not used") })
        // As for class folders, a training set alone is not split unless it is asked for.
        let folder = try TemporaryDataFolder()
        try folder.write(set.json(), to: "train/a.json")
        #expect(throws: DataError.missingEntry(path: folder.path, allowed: ["test"])) {
            try LEAFFolder(path: folder.path).load(Self.options)
        }
    }

    /// A file with one user `u`, whose data is `data`.
    private static func user(_ data: String, count: String = "1") -> String {
        "{\"users\": [\"u\"], \"num_samples\": [\(count)], \"user_data\": {\"u\": {\(data)}}}"
    }

    static let faults: [(text: String, sentence: String)] = [
        ("", ":1: character 1: the end of the file instead of an object"),
        ("<a>", ":1: character 1: '<' instead of an object"),
        (
            "<html>",
            ":1: character 1: the file is a web page, not the file itself; download the file, not the page "
                + "that shows it"
        ),
        ("[]", ":1: character 1: '[' instead of an object"),
        ("{\"users\": [], \n", ":2: character 1: the end of the file instead of a key in quotes"),
        (
            "{}", ":1: character 3: no 'users'; a file of LEAF has 'users', 'num_samples' and 'user_data'"
        ),
        (
            "{\"users\": [\"u\"], \"num_samples\": [1]}",
            ":1: character 37: no 'user_data'; a file of LEAF has 'users', 'num_samples' and 'user_data'"
        ),
        (
            "{\"users\": [\"u\", \"u\"], \"num_samples\": [1, 1], \"user_data\": {}}",
            ":1: character 20: user 'u' twice in 'users'"
        ),
        (
            "{\"users\": [\"\"], \"num_samples\": [1], \"user_data\": {}}",
            ":1: character 14: '' is no name of a user; allowed: one line of 1 to 200 bytes, none of control"
        ),
        (
            "{\"users\": [\"u\"], \"num_samples\": [1, 2], \"user_data\": {}}",
            ":1: character 57: 1 'users' and 2 'num_samples'; there must be as many"
        ),
        (
            "{\"users\": [\"u\"], \"num_samples\": [1], \"user_data\": {}}",
            ":1: character 54: user 'u' has no 'user_data'"
        ),
        (
            "{\"users\": [], \"num_samples\": [], \"user_data\": {\"u\": {\"x\": [[1]], \"y\": [0]}}}",
            ":1: character 77: user 'u' of 'user_data' is not in 'users'"
        ),
        (
            user("\"x\": [[1]], \"y\": [0]", count: "2"),
            ":1: character 81: user 'u' has 1 images, by 'num_samples' 2"
        ),
        (
            user("\"x\": [[1]], \"y\": [0, 1]"),
            ":1: character 82: user 'u': 1 images in 'x', 2 labels in 'y'"
        ),
        (user("\"x\": [[1]]"), ":1: character 69: user 'u': no 'y'"),
        (user("\"y\": []"), ":1: character 66: user 'u': no 'x'"),
        (user("\"y\": [], \"y\": []"), ":1: character 72: user 'u': a second 'y'"),
        (
            user("\"x\": [[1, 0, 1]], \"y\": [0]"),
            ":1: character 73: user 'u', image 0: 3 gray values; allowed: a square number, such as 784"
        ),
        (
            user("\"x\": [[1], [1, 1, 1, 1]], \"y\": [0, 1]", count: "2"),
            ":1: character 81: user 'u', image 1: 4 gray values; allowed: 1, as before"
        ),
        (
            user("\"x\": [[]], \"y\": [0]"),
            ":1: character 66: user 'u', image 0: 0 gray values; allowed: a square number, such as 784"
        ),
        (
            user("\"x\": [[NaN]], \"y\": [0]"),
            ":1: character 65: user 'u', image 0: a gray value of nan; allowed: 0 to 1"
        ),
        (
            user("\"x\": [[255]], \"y\": [0]"),
            ":1: character 65: user 'u', image 0: a gray value of 255.0; allowed: 0 to 1"
        ),
        (
            user("\"x\": [[\"1\"]], \"y\": [0]"),
            ":1: character 65: user 'u', image 0: '\"' instead of a gray value from 0 to 1"
        ),
        (
            user("\"x\": [\"thou art\"], \"y\": [\"s\"]"),
            ":1: character 64: user 'u', image 0: '\"' instead of a list of gray values; LEAF's texts are "
                + "not read"
        ),
        (
            user("\"x\": [[1]], \"y\": [0.5]"),
            ":1: character 76: user 'u', label 0: 0.5; allowed: whole numbers from 0 to 24999"
        ),
        (
            user("\"x\": [[1]], \"y\": [-1]"),
            ":1: character 76: user 'u', label 0: -1.0; allowed: whole numbers from 0 to 24999"
        ),
        (
            user("\"x\": [[1]], \"y\": [99999]"),
            ":1: character 76: user 'u', label 0: 99999.0; allowed: whole numbers from 0 to 24999"
        ),
        (
            user("\"x\": [[1]], \"y\": [\"0\"]"),
            ":1: character 76: user 'u', label 0: '\"' instead of a number; allowed: whole numbers from 0 "
                + "to 24999"
        ),
        (
            "{\"users\": [], \"num_samples\": [], \"user_data\": {\"u\": {\"x\": [], \"y\": []}, \"u\": {}}}",
            ":1: character 78: user 'u' twice in 'user_data'"
        ),
    ]

    @Test(
        "What LEAF would not write is refused with file, line, character, user and what is allowed",
        arguments: faults)
    func refused(text: String, sentence: String) throws {
        let folder = try TemporaryDataFolder()
        try folder.write(text, to: "train/a.json")
        let error = #expect(throws: DataError.self) { try LEAFFolder(path: folder.path).load(Self.options) }
        #expect(error.map { "\($0)" } == "\(folder.path)/train/a.json\(sentence)")
    }

    @Test("A user is in one file of a split; a pipe, a huge file, one class and no file are refused")
    func files() throws {
        let set = OwnedImages([("u", 2), ("v", 2)])
        func refusal(_ change: (TemporaryDataFolder) throws -> Void) throws -> (String, DataError?) {
            let folder = try TemporaryDataFolder()
            try OwnedImages.write(
                ["train/a.json": set.json(["u"]), "test/a.json": set.json()], to: folder.path)
            try change(folder)
            return (
                folder.path,
                #expect(throws: DataError.self) { try LEAFFolder(path: folder.path).load(Self.options) }
            )
        }
        let (twice, error) = try refusal { try $0.write(set.json(), to: "train/b.json") }
        #expect(
            error.map { "\($0)" }
                == "\(twice)/train/b.json: user 'u' is in \(twice)/train/a.json, too; allowed: once in a "
                + "split")
        let (piped, pipe) = try refusal {
            try $0.remove("train/a.json")
            #expect(mkfifo("\($0.path)/train/a.json", 0o600) == 0)
        }
        #expect(
            pipe == .fileAccess(
                path: "\(piped)/train/a.json", reason: "cannot be read: it is a named pipe, not a file"))
        let (vast, size) = try refusal { #expect(truncate("\($0.path)/train/a.json", 3 << 30) == 0) }
        #expect(
            size.map { "\($0)" }
                == "\(vast)/train/a.json: 3221225472 bytes; at most 2147483648 are read")
        let one = OwnedImages([("u", 2)], classes: 1).json()
        let (same, classes) = try refusal {
            for split in ["train", "test"] { try $0.write(one, to: "\(split)/a.json") }
        }
        #expect(classes == .tooFewClasses(path: same, found: ["0"]))
        let (none, missing) = try refusal { for split in ["train", "test"] { try $0.remove(split) } }
        #expect(missing == .missingEntry(path: none, allowed: ["train/*.json", "*.json"]))
        let (bare, empty) = try refusal {
            try $0.write("{\"users\": [], \"num_samples\": [], \"user_data\": {}}", to: "train/a.json")
        }
        #expect(empty.map { "\($0)" } == "\(bare)/train: no image in its files")
        // As a set of class folders it is known for what it is.
        let folder = try TemporaryDataFolder()
        try folder.write(set.json(), to: "train/a.json")
        #expect(
            throws: DataError.wrongSet(path: folder.path, found: "a set of LEAF's JSON files", use: "leaf")
        ) { try ImageFolder(path: folder.path).load(Self.options) }
    }
}
