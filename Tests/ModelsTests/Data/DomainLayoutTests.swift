import Models
import Testing

@Suite("Layouts of sets of domains")
struct DomainLayoutTests {
    static let options = ImageLoadOptions(side: 4)

    /// `domain/class/0.jpg` …, images numbered by gray.
    static func write(
        _ folder: TemporaryDataFolder, root: String = ".", inner: String = "",
        domains: [String] = ["Art", "Real World"],
        classes: [String] = ["Alarm_Clock", "Bed"], count: Int = 5
    ) throws {
        var gray: UInt8 = 0
        for domain in domains {
            for name in classes {
                for index in 0..<count {
                    try folder.writeImage("\(root)/\(domain)/\(inner)\(name)/\(index).jpg", gray: gray)
                    gray += 1
                }
            }
        }
    }

    @Test("Office-Home and Office-31: domains of class folders are split", arguments: ["", "images/"])
    func officeHome(inner: String) throws {
        let folder = try TemporaryDataFolder()
        try Self.write(folder, inner: inner)
        try folder.write("", to: "ImageInfo.csv")
        try folder.write("", to: "__MACOSX/Art/._x")
        try folder.write("", to: ".DS_Store")
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.train.domainNames == ["Art", "Real World"])
        #expect(loaded.train.classNames == ["Alarm Clock", "Bed"])
        #expect(
            loaded.train.count == 16 && loaded.test.labels == [0, 1, 0, 1]
                && loaded.test.domains == [0, 0, 1, 1])
        let (train, test) = (
            Set(DataLayoutTests.grays(loaded.train)), Set(DataLayoutTests.grays(loaded.test))
        )
        #expect(train.isDisjoint(with: test) && train.union(test).count == 20)
        let notices = DataLayoutTests.notices(loaded, in: folder)
        #expect(
            notices.contains {
                $0.contains("data.test-fraction 0.2") && $0.contains("16 training and 4 test")
            })
        #expect(notices.contains("left out what other programs leave behind: .DS_Store and 1 more"))
        let chosen = try DomainFolders(path: folder.path, classes: ["Bed", "Alarm_Clock"]).load(Self.options)
        #expect(chosen.train.classNames == ["Bed", "Alarm Clock"])
    }

    @Test(
        "an unlabelled test of a domain gives way to its val; a train alone is split where a fraction is given"
    )
    func splitDomains() throws {
        let folder = try TemporaryDataFolder()
        for domain in ["art", "photo"] {
            try Self.write(folder, root: domain, domains: ["train", "val"], classes: ["a", "b"])
            try folder.writeImage("\(domain)/test/0.png", gray: 200)
        }
        let source = DomainFolders(path: folder.path, testFraction: 0.4)
        let loaded = try source.load(Self.options)
        #expect(loaded.test.count == 20 && loaded.test.domains.map { Int($0) } == (0..<20).map { $0 / 10 })
        #expect(!DataLayoutTests.grays(loaded.test).contains(200))
        #expect(
            DataLayoutTests.notices(loaded, in: folder) == [
                "art/test: no class folders, so no labels; the test set is art/val",
                "photo/test: no class folders, so no labels; the test set is photo/val",
                "warning: data.test-fraction 0.4 is not used: the test set is art/val, photo/val",
            ])
        try folder.remove("photo/val")
        #expect(throws: DataError.unlabelled(path: folder.path + "/photo/test")) {
            try source.load(Self.options)
        }
        for rest in ["art/val", "art/test", "photo/test"] { try folder.remove(rest) }
        let drawn = try source.load(Self.options)
        #expect(drawn.train.count == 12 && drawn.test.labels == [0, 0, 1, 1, 0, 0, 1, 1])
        #expect(throws: DataError.missingEntry(path: folder.path + "/art", allowed: ["test", "val"])) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
    }

    @Test("a folder that is no domain, and classes without domains, are errors that say so")
    func noDomains() throws {
        let folder = try TemporaryDataFolder()
        try Self.write(folder)
        try folder.write("", to: "docs/readme.txt")
        #expect(throws: DataError.noDomain(path: folder.path + "/docs")) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        #expect(throws: DataError.classesNotDomains(path: folder.path + "/Art")) {
            try DomainFolders(path: folder.path + "/Art").load(Self.options)
        }
        let classes = try TemporaryDataFolder()
        try classes.writeClasses(["a", "b"])
        #expect(
            throws: DataError.wrongSet(path: classes.path, found: "a folder of classes", use: "image-folder")
        ) {
            try DomainFolders(path: classes.path).load(Self.options)
        }
        try folder.remove("docs")
        try folder.remove("Real World/Bed")
        #expect(
            throws: DataError.classMismatch(
                path: folder.path + "/Real World", missing: ["Bed"], unexpected: [])
        ) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        // A split beside a folder without one.
        let mixed = try TemporaryDataFolder()
        try mixed.writeClasses(["a", "b"], splits: ["clipart/train", "clipart/test"])
        try mixed.makeFolder("splits")
        #expect(throws: DataError.noDomain(path: mixed.path + "/splits")) {
            try DomainFolders(path: mixed.path).load(Self.options)
        }
    }

    @Test(
        "image-folder on folders of class folders names the set that reads them", arguments: ["", "images/"])
    func domainsNotClasses(inner: String) throws {
        for root in [".", "OfficeHomeDataset_10072016"] {
            let folder = try TemporaryDataFolder()
            try Self.write(folder, root: root, inner: inner)
            let error = DataError.wrongSet(
                path: folder.path, found: "a folder of folders of classes", use: "domains")
            #expect(throws: error) { try ImageFolder(path: folder.path).load(Self.options) }
            #expect(try DomainFolders(path: folder.path).load(Self.options).train.domainNames.count == 2)
        }
    }

    @Test("class folders beside something else, or in splits by other names, are found and named")
    func classesBelow() throws {
        let splits = try TemporaryDataFolder()
        try splits.writeClasses(["a", "b"], splits: ["train_images", "test_images"])
        try splits.writeImage("pred/pred/0.png")
        let places = ["test_images", "train_images"].map { "\(splits.path)/\($0)" }
        let error = DataError.below(path: splits.path, content: .classFolders, places: places)
        #expect(throws: error) { try ImageFolder(path: splits.path).load(Self.options) }
        // Food-101, CUB: images beside lists.
        let food = try TemporaryDataFolder()
        try food.writeClasses(["pie", "waffles"], splits: ["images"])
        try food.write("pie/0\n", to: "meta/train.txt")
        let images = food.path + "/images"
        #expect(throws: DataError.below(path: food.path, content: .classFolders, places: [images])) {
            try ImageFolder(path: food.path).load(Self.options)
        }
        #expect(throws: DataError.classesNotDomains(path: images)) {
            try DomainFolders(path: food.path).load(Self.options)
        }
        #expect(try ImageFolder(path: images).load(Self.options).train.classNames == ["pie", "waffles"])
    }

    @Test("domains beside something else are found and named, and nothing is to be taken away")
    func domainsBelow() throws {
        // PACS as Kaggle has it: each folder in one of the same name.
        let folder = try TemporaryDataFolder()
        try Self.write(folder, root: "pacs_data/pacs_data")
        try folder.write("a\n", to: "pacs_label/pacs_label/readme.txt")
        let place = folder.path + "/pacs_data"
        #expect(throws: DataError.below(path: folder.path, content: .domains, places: [place])) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        #expect(throws: DataError.below(path: folder.path, content: .domains, places: [place])) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
        #expect(try DomainFolders(path: place).load(Self.options).train.domainNames.count == 2)
    }

    /// PACS: images under `kfold`, lists in `splits`, of which `test` lists every image of its domain.
    static func pacs(lists: String, images: String) throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        let domains = ["photo", "sketch"], classes = ["dog", "elephant"]
        try write(folder, root: images, domains: domains, classes: classes)
        for domain in domains {
            func lines(_ indices: Range<Int>) -> String {
                classes.enumerated().flatMap { label, name in
                    indices.map { "\(domain)/\(name)/\($0).jpg \(label + 1)\r\n" }
                }.joined()
            }
            try folder.write(lines(0..<4), to: "\(lists)/\(domain)_train_kfold.txt")
            try folder.write(lines(4..<5), to: "\(lists)/\(domain)_crossval_kfold.txt")
            try folder.write(lines(0..<5), to: "\(lists)/\(domain)_test_kfold.txt")
        }
        return folder
    }

    @Test(
        "PACS's lists are found, and no image is trained on and tested",
        arguments: [
            ("splits", "kfold", ""), ("splits", "kfold", "/kfold"), ("kfold", "kfold", "/kfold"),
            ("Train val splits and h5py files pre-read", "Raw images/kfold", ""), (".", "images", ""),
        ])
    func pacs(lists: String, images: String, path: String) throws {
        let folder = try Self.pacs(lists: lists, images: images)
        let loaded = try DomainFolders(path: folder.path + path).load(Self.options)
        #expect(
            loaded.train.domainNames == ["photo", "sketch"] && loaded.train.classNames == ["dog", "elephant"])
        #expect(loaded.train.count == 16 && loaded.test.count == 4)
        #expect(Set(DataLayoutTests.grays(loaded.train)).isDisjoint(with: DataLayoutTests.grays(loaded.test)))
        #expect(loaded.notices.contains { "\($0)".contains("the test set is *_crossval_kfold.txt") })
    }

    @Test("PACS without crossval: what is left of its test lists")
    func pacsWithoutCrossval() throws {
        let folder = try Self.pacs(lists: "splits", images: "kfold")
        for domain in ["photo", "sketch"] { try folder.remove("splits/\(domain)_crossval_kfold.txt") }
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.test.count == 4)
        #expect(Set(DataLayoutTests.grays(loaded.train)).isDisjoint(with: DataLayoutTests.grays(loaded.test)))
        // Nothing may be left.
        let everything = try Self.pacs(lists: "splits", images: "kfold")
        for domain in ["photo", "sketch"] {
            try everything.remove("splits/\(domain)_crossval_kfold.txt")
            let all = (0..<5).map { "\(domain)/dog/\($0).jpg 1\n\(domain)/elephant/\($0).jpg 2\n" }.joined()
            try everything.write(all, to: "splits/\(domain)_train_kfold.txt")
        }
        let path = everything.path + "/splits/photo_test_kfold.txt"
        #expect(throws: DataError.classWithoutImages(path: path, name: "dog")) {
            try DomainFolders(path: everything.path).load(Self.options)
        }
    }

    @Test("DomainNet's lists: underscores are spaces in prompts; images in both lists are a warning")
    func overlap() throws {
        let folder = try TemporaryDataFolder()
        try Self.write(folder, domains: ["real"], classes: ["The_Eiffel_Tower", "bird"])
        let train = "real/The_Eiffel_Tower/0.jpg 0\nreal/bird/0.jpg 1\n"
        try folder.write("\u{FEFF}" + train, to: "real_train.txt")
        try folder.write(train + "real/bird/1.jpg\t1  \n", to: "real_test.txt")
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.train.classNames == ["The Eiffel Tower", "bird"] && loaded.test.count == 3)
        let warning =
            "warning: real_test.txt: 2 of its images are in real_train.txt too "
            + "(real/The_Eiffel_Tower/0.jpg): accuracy is "
            + "measured on images that were trained on"
        #expect(DataLayoutTests.notices(loaded, in: folder) == [warning])
        try folder.write("real/bird/0.jpg 1\nreal/bird/1.jpg 2\n", to: "real_train.txt")
        let error = #expect(throws: DataError.self) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        #expect(error.map { "\($0)".hasSuffix("real_train.txt:2: 'bird' has label 1 and label 2") } == true)
    }
}
