import Models
import Testing

@Suite("Names of classes in prompts")
struct ClassNamesTests {
    static func load(
        _ classes: [String], names: GivenClassNames? = nil, files: [String: String] = [:]
    ) throws -> (names: [String], notices: [String]) {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(classes, count: 1)
        for (name, text) in files { try folder.write(text, to: name) }
        let source = ImageFolder(
            path: folder.path,
            names: names.map { given in
                if case .file(let name) = given { .file("\(folder.path)/\(name)") } else { given }
            })
        let loaded = try source.load(ImageLoadOptions(side: 4))
        return (loaded.train.classNames, DataLayoutTests.notices(loaded, in: folder))
    }

    static func error(
        _ classes: [String], names: GivenClassNames? = nil, files: [String: String] = [:]
    ) throws -> String {
        let error = #expect(throws: DataError.self) { try load(classes, names: names, files: files) }
        return "\(try #require(error))"
    }

    static let unknown = ["n00000001", "n00000002"]

    @Test("a WordNet id that nobody names is a warning")
    func ids() throws {
        let (names, notices) = try Self.load(Self.unknown + ["n02086240"])
        #expect(names == ["n00000001", "n00000002", "Shih-Tzu"])
        #expect(
            notices == [
                "warning: prompts call 2 classes by WordNet id ('n00000001', 'n00000002'); give names with "
                    + "data.class-names or a file class-names.txt, a line 'id name' each"
            ])
    }

    @Test("numbers for names are a warning")
    func numbers() throws {
        let (names, notices) = try Self.load(["0", "1", "owl"])
        #expect(names == ["0", "1", "owl"])
        #expect(
            notices.count == 1
                && notices[0].hasPrefix("warning: prompts call 2 classes by number ('0', '1'); "))
    }

    @Test("names come from the scenario, before class-names.txt, before the tables, before WordNet's lists")
    func order() throws {
        let lists = ["words.txt": "n00000001\tfirst, other\nn00000002\tsecond\nn02086240\tthe list's\n"]
        let ids = Self.unknown + ["n02086240"]
        #expect(try Self.load(ids, files: lists).names == ["first", "second", "Shih-Tzu"])
        let named = lists.merging(["class-names.txt": "n02086240 little dog\r\n"]) { $1 }
        #expect(try Self.load(ids, files: named).names == ["first", "second", "little dog"])
        let given = try Self.load(ids, names: .table(["n00000002": "given"]), files: named)
        #expect(given.names == ["first", "given", "little dog"])
        #expect(
            given.notices == [
                "names of classes are from class-names.txt", "names of classes are from words.txt",
            ])
    }

    @Test(
        "a file of names has ids in front, in any of the usual ways, or a name a line",
        arguments: [
            "n00000001 sea lion\nn00000002 owl\n", "n00000002: owl\r\n\r\nn00000001: sea lion\r\n",
            "\u{FEFF}n00000001\tsea lion\nn00000002\towl\n", "n00000001,sea lion\nn00000002,owl",
            "'n00000001': 'sea lion'\n\"n00000002\": \"owl\"\nn09999999 nobody's\n", "sea lion\nowl\n",
            "sea lion\r\nowl", "0: sea lion\n1: owl\n", "2. owl\n1. sea lion\n", "1\tsea lion\n2\towl\n",
            "(1) sea lion\n".dropFirst() + "2) 'owl'\n",
        ] as [String])
    func files(text: String) throws {
        #expect(try Self.load(Self.unknown, files: ["class-names.txt": text]).names == ["sea lion", "owl"])
        let given = try Self.load(Self.unknown, names: .file("mine.txt"), files: ["mine.txt": text])
        #expect(given.names == ["sea lion", "owl"] && given.notices.isEmpty)
    }

    @Test(
        "files of names that do not fit are errors",
        arguments: [
            ("one\n", ": 1 names for 2 classes; allowed:"), ("", ": 0 names for 2 classes; allowed:"),
            ("a\nb\nc\n", ": 3 names for 2 classes; allowed:"),
            ("n01440764 tench\nn02102040 springer\n", ":1: no class of the data is called 'n01440764'"),
            ("3: a\n4: b\n", ":1: its numbers are not 0 to 1, nor 1 to 2"),
            ("1: a\n1: b\n", ":1: its numbers are not 0 to 1, nor 1 to 2"),
            ("n00000001 a\nn00000001 b\n", ":2: a second name for 'n00000001'"),
            ("n00000001 \u{1B}[31m\n", ":1: no name of a class: at most 200 characters, none of control"),
        ])
    func badFiles(text: String, reason: String) throws {
        #expect(
            try Self.error(Self.unknown, files: ["class-names.txt": text]).contains(
                "class-names.txt" + reason))
    }

    @Test("names for classes that do not exist, and a file that is not there, are errors")
    func strangers() throws {
        let sentence =
            "data.class-names: no class is called 'b', 'x'; it gives names to class folders or labels"
        #expect(try Self.error(["a", "c"], names: .table(["x": "1", "b": "2", "a": "3"])) == sentence)
        #expect(
            try Self.error(["a", "c"], names: .file("none.txt")).hasSuffix(
                "none.txt: cannot be read: No such file or directory"))
    }

    @Test("numbers in front of all folders are left out, which is said; other numbers are not")
    func numbered() throws {
        let birds = try Self.load(["001.Black_footed_Albatross", "002.Laysan_Albatross"])
        #expect(birds.names == ["Black footed Albatross", "Laysan Albatross"])
        #expect(
            birds.notices == [
                "numbers and ids in front of class folders are left out of prompts: "
                    + "'001.Black_footed_Albatross' is "
                    + "'Black footed Albatross'"
            ])
        #expect(
            try Self.load(["n02085620-Chihuahua", "n02086240-Shih-Tzu"]).names == ["Chihuahua", "Shih-Tzu"])
        #expect(try Self.load(["1. owl", "2. sea lion"]).names == ["owl", "sea lion"])
        #expect(try Self.load(["01 - cat", "02 - dog"]).names == ["cat", "dog"])
        #expect(try Self.load(["2_door_car", "car"]).names == ["2 door car", "car"])
        #expect(try Self.load(["1.a", "1.b"]).names == ["1.a", "1.b"])
    }

    @Test("two classes with one name are a warning")
    func sameName() throws {
        let (_, notices) = try Self.load(["a", "b"], names: .table(["a": "crane", "b": "crane"]))
        #expect(
            notices == [
                "warning: the classes 'a', 'b' have the same name 'crane', so their prompts are equal; give "
                    + "names with "
                    + "data.class-names"
            ])
    }

    @Test("a folder with a name that no prompt can hold is an error, unless the scenario gives another one")
    func unusable() throws {
        for name in ["a\nb", "a\u{2028}b", "\u{1B}[2J"] {
            let sentence = try Self.error(["owl", name])
            #expect(sentence.hasSuffix("data.class-names") && !sentence.contains(name), "\(sentence)")
            #expect(
                try Self.load(["owl", name], names: .table([name: "parrot"])).names.sorted() == [
                    "owl", "parrot",
                ])
        }
    }

    @Test("of chosen classes the names are those of the whole set's list")
    func chosen() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b", "c"], count: 1)
        try folder.write("one\ntwo\nthree\n", to: "class-names.txt")
        let loaded = try ImageFolder(path: folder.path, classes: ["c", "a"]).load(ImageLoadOptions(side: 4))
        #expect(loaded.train.classNames == ["three", "one"])
    }
}
