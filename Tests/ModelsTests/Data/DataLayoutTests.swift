import Foundation
import Models
import Testing

/// Public data sets in the layout in which they are distributed.
@Suite("Layouts of public data sets")
struct DataLayoutTests {
    static let options = ImageLoadOptions(side: 4)

    static func notices(_ loaded: LoadedImages, in folder: TemporaryDataFolder) -> [String] {
        loaded.notices.map { "\($0)".replacingOccurrences(of: folder.path + "/", with: "") }
    }

    /// The first bytes of some images of a set.
    static func grays(_ set: ImageSet) -> [UInt8] { (0..<set.count).map { set.image(at: $0).first ?? 0 } }

    @Test("Imagenette and Imagewoof: train and val of WordNet ids, whose names are known")
    func imagewoof() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["n02086240", "n02115641"], splits: ["train", "val"])
        try folder.write("path,noisy_labels_0\r\n", to: "noisy_imagewoof.csv")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.classNames == ["Shih-Tzu", "dingo"] && loaded.test.count == 6)
        #expect(loaded.notices.isEmpty)
    }

    @Test(
        "ImageNet's CLS-LOC folder: an unlabelled test gives way to val, which is said",
        arguments: ["test", "test/images"])
    func unlabelledTest(images: String) throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["n01440764", "n02102040"], splits: ["train", "val"])
        try folder.writeImage("\(images)/ILSVRC2012_test_00000000.JPEG", gray: 200)
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.test.labels == [0, 0, 0, 1, 1, 1] && !Self.grays(loaded.test).contains(200))
        #expect(
            Self.notices(loaded, in: folder) == ["test: no class folders, so no labels; the test set is val"])
        try folder.remove("val")
        #expect(throws: DataError.unlabelled(path: folder.path + "/test")) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
    }

    @Test("a test of images and annotations has no labels that a labelled val does not have")
    func testOfSeveralFolders() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], splits: ["train", "val"])
        try folder.writeImage("test/images/0.png", gray: 200)
        try folder.write("", to: "test/annotations/0.xml")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.test.labels == [0, 0, 0, 1, 1, 1] && !Self.grays(loaded.test).contains(200))
        #expect(
            Self.notices(loaded, in: folder) == ["test: no class folders, so no labels; the test set is val"])
        // Without it the folders are taken for classes, which are others than those of the training set.
        try folder.remove("val")
        #expect(
            throws: DataError.classMismatch(
                path: folder.path + "/test", missing: ["a", "b"], unexpected: ["annotations", "images"])
        ) { try ImageFolder(path: folder.path).load(Self.options) }
    }

    @Test("a fraction for a set that has a test set is a warning")
    func unusedFraction() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        let loaded = try ImageFolder(path: folder.path, testFraction: 0.25).load(Self.options)
        #expect(loaded.test.count == 6)
        #expect(
            Self.notices(loaded, in: folder)
                == ["warning: data.test-fraction 0.25 is not used: the test set is test"])
    }

    @Test("accents may be encoded either way in each folder and in the scenario")
    func accents() throws {
        let (one, two) = ("caf\u{E9}", "cafe\u{301}")
        let folder = try TemporaryDataFolder()
        // By their bytes, cafz lies between the two encodings.
        for (split, name) in [("train", one), ("test", two)] {
            try folder.writeClasses([name, "cafz"], count: 2, splits: [split])
        }
        for classes: [String]? in [nil, [two, "cafz"], ["cafz", one]] {
            let loaded = try ImageFolder(path: folder.path, classes: classes).load(Self.options)
            let first: UInt8 = loaded.train.classNames[0] == "cafz" ? 16 : 0
            #expect(Self.grays(loaded.test) == [first, first + 1, 16 - first, 17 - first])
            #expect(Self.grays(loaded.train) == Self.grays(loaded.test))
        }
        try folder.writeClasses([two], count: 2, splits: ["train"])
        let error = #expect(throws: DataError.self) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
        #expect("\(try #require(error))".contains("in two encodings of its accents"))
    }

    @Test("of a labelled test and a labelled val, test is taken, which is said")
    func twoTests() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], splits: ["train", "val"])
        try folder.writeClasses(["a", "b"], count: 1, splits: ["test"])
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.test.count == 2)
        #expect(Self.notices(loaded, in: folder) == ["the test set is test; val is left out"])
    }

    @Test("ImageNet's archive: val in one folder, labels and names from the lists further up")
    func imageNetArchive() throws {
        let folder = try TemporaryDataFolder()
        let root = "ILSVRC/Data/CLS-LOC"
        try folder.writeClasses(["n03126707", "n04517823"], splits: ["\(root)/train"])
        for (index, gray) in [50, 60, 70].enumerated() {
            try folder.writeImage("\(root)/val/ILSVRC2012_val_0000000\(index).JPEG", gray: UInt8(gray))
        }
        try folder.writeImage("\(root)/test/ILSVRC2012_test_00000000.JPEG", gray: 200)
        let rows = [
            "ImageId,PredictionString", "ILSVRC2012_val_00000000,n04517823 1 2 3 4 n04517823 1 2 3 4 ",
            "ILSVRC2012_val_00000001,n03126707 1 2 3 4 ", "ILSVRC2012_val_00000009,n03126707 1 2 3 4 ",
        ]
        try folder.write("\u{FEFF}" + rows.joined(separator: "\r\n") + "\r\n", to: "LOC_val_solution.csv")
        try folder.write(
            "n03126707 crane, lifting device\r\nn04517823 vacuum, vacuum cleaner\r\n",
            to: "LOC_synset_mapping.txt")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.classNames == ["crane", "vacuum"])
        #expect(loaded.test.labels == [0, 1] && Self.grays(loaded.test) == [60, 50])
        let notices = loaded.notices.map { "\($0)" }
        #expect(notices.contains { $0.hasSuffix("1 of its images is not there (ILSVRC2012_val_00000009)") })
        #expect(notices.contains { $0.contains("1 without a label (") && $0.hasPrefix("warning: ") })
        #expect(loaded.leftOut.lostCount == 1)
        // The scenario may name the inner folder too.
        let inner = try ImageFolder(path: "\(folder.path)/\(root)").load(Self.options)
        #expect(inner.test.pixels == loaded.test.pixels && inner.train.classNames == loaded.train.classNames)
    }

    @Test("Tiny ImageNet: images one folder down, val's labels in a list, names in words.txt")
    func tinyImageNet() throws {
        let folder = try TemporaryDataFolder()
        for (label, id) in ["n02124075", "n07734744"].enumerated() {
            for index in 0..<2 {
                try folder.writeImage(
                    "train/\(id)/images/\(id)_\(index).JPEG", gray: UInt8(10 * label + index))
            }
            try folder.write("\(id)_0.JPEG\t0\t10\t63\t58\n", to: "train/\(id)/\(id)_boxes.txt")
            try folder.writeImage("val/images/val_\(label).JPEG", gray: UInt8(100 + label))
        }
        try folder.writeImage("test/images/test_0.JPEG", gray: 200)
        try folder.write(
            "val_0.JPEG\tn07734744\t0\t32\t44\t62\r\nval_1.JPEG\tn02124075\t0\t1\t2\t3\r\n",
            to: "val/val_annotations.txt")
        try folder.write(
            "n00001740\tentity\nn02124075\tEgyptian cat\nn07734744\tmushroom, Agaricus\n", to: "words.txt")
        try folder.write("n02124075\nn07734744\n", to: "wnids.txt")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.classNames == ["Egyptian cat", "mushroom"])
        #expect(Self.grays(loaded.train) == [0, 1, 10, 11] && loaded.train.labels == [0, 0, 1, 1])
        #expect(Self.grays(loaded.test) == [101, 100] && loaded.test.labels == [0, 1])
        #expect(loaded.leftOut.lostCount == 0)
        try folder.write("val_0.JPEG\tn07734744\nval_1.JPEG\n", to: "val/val_annotations.txt")
        let error = #expect(throws: DataError.self) { try ImageFolder(path: folder.path).load(Self.options) }
        #expect(
            error.map {
                "\($0)".hasSuffix("val/val_annotations.txt:2: 'val_1.JPEG' is no file name with a class")
            } == true)
        try folder.write("val_0.JPEG\tn1\n", to: "val/val_annotations.txt")
        let stranger = #expect(throws: DataError.self) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
        #expect(
            stranger.map {
                "\($0)".hasSuffix("val_annotations.txt:1: 'n1' is no class folder of the training set")
            } == true)
    }

    @Test("class folders alone are split: a fraction of each class, always the same, no image in both")
    func ownSplit() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 10, splits: ["."])
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.count == 16 && loaded.test.labels == [0, 0, 1, 1])
        let (train, test) = (Set(Self.grays(loaded.train)), Set(Self.grays(loaded.test)))
        #expect(train.isDisjoint(with: test) && train.union(test).count == 20)
        #expect(try ImageFolder(path: folder.path).load(Self.options).test.pixels == loaded.test.pixels)
        let half = try ImageFolder(path: folder.path, testFraction: 0.5).load(Self.options)
        #expect(half.train.count == 10 && half.test.count == 10)
        #expect(
            Self.notices(half, in: folder) == [
                "\(folder.path): no split of its own; data.test-fraction 0.5 of each class is drawn for the "
                    + "test set, the "
                    + "same for every seed: 10 training and 10 test images"
            ])
        // One class alone has the same images in its test set as among others.
        try folder.writeClasses(["c"], count: 10, splits: ["."])
        let more = try ImageFolder(path: folder.path).load(Self.options)
        #expect(more.test.pixels.prefix(loaded.test.pixels.count).elementsEqual(loaded.test.pixels))
        try folder.writeImage("d/only.png")
        #expect(throws: DataError.tooFewToSplit(path: folder.path + "/d", images: 1)) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
    }

    @Test("a train without a test is split where the scenario says how, otherwise an error")
    func trainAlone() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 4, splits: ["train"])
        #expect(throws: DataError.missingEntry(path: folder.path, allowed: ["test", "val"])) {
            try ImageFolder(path: folder.path).load(Self.options)
        }
        let loaded = try ImageFolder(path: folder.path, testFraction: 0.25).load(Self.options)
        #expect(loaded.train.count == 6 && loaded.test.labels == [0, 1])
    }

    @Test("an archive's outer folder leads to the data; an archive that nobody unpacked is said")
    func outerFolder() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], splits: ["imagenette2/train", "imagenette2/val"])
        try folder.write("", to: "__MACOSX/x")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.count == 6)
        #expect(
            loaded.notices.first.map { "\($0)" }
                == "\(folder.path): the data set is read from \(folder.path)/imagenette2")
        let packed = try TemporaryDataFolder()
        try packed.write("", to: "imagenette2.tgz")
        for kind in ImageSetKind.allCases {
            #expect(throws: DataError.packed(path: packed.path, archive: "imagenette2.tgz")) {
                try kind.source(at: packed.path).load(Self.options)
            }
        }
    }
}
