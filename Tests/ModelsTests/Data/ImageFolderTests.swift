import Foundation
import Models
import Testing

@Suite("Image folders")
struct ImageFolderTests {
    static let options = ImageLoadOptions(side: 4)

    static func load(_ folder: TemporaryDataFolder, _ options: ImageLoadOptions = options) throws
        -> LoadedImages
    {
        try ImageFolder(path: folder.path).load(options)
    }

    @Test("classes and files come in byte order, whatever the case and length of their names")
    func order() throws {
        let folder = try TemporaryDataFolder()
        for split in ["train", "val"] {
            for name in ["b", "a", "Z", "ä", "a b"] { try folder.writeImage("\(split)/\(name)/x.png") }
            for (index, file) in ["10.png", "9.PNG", "é.png", "A.png", "2.png"].enumerated() {
                try folder.writeImage("\(split)/files/\(file)", gray: UInt8(index))
            }
            try folder.write("no image", to: "\(split)/files/notes.txt")
            try folder.write("hidden", to: "\(split)/files/.hidden.png")
            try folder.write("no folder", to: "\(split)/readme.md")
        }
        let set = try Self.load(folder).train
        #expect(set.classNames == ["Z", "a", "a b", "b", "files", "ä"])
        #expect(set.labels == [0, 1, 2, 3, 4, 4, 4, 4, 4, 5])
        #expect((4..<9).map { set.image(at: $0).first } == [0, 4, 1, 3, 2])
        #expect(set.side == 4 && set.domainNames == ["real"] && set.domains.allSatisfy { $0 == 0 })
    }

    @Test("limits per class take the first files of each class")
    func limits() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 5)
        let loaded = try Self.load(folder, ImageLoadOptions(side: 4, trainPerClass: 2, testPerClass: 9))
        #expect(loaded.train.labels == [0, 0, 1, 1])
        #expect((0..<4).map { loaded.train.image(at: $0).first } == [0, 1, 16, 17])
        #expect(loaded.test.count == 10)
        #expect(loaded.skipped.count == 0 && "\(loaded.skipped)" == "no file skipped")
    }

    @Test("the result does not depend on the number of threads", arguments: [2, 3, 8, 64])
    func threads(workers: Int) throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b", "c"], count: 7)
        for index in [1, 4] { try folder.write([0x89, 0x50], to: "train/b/\(index).png") }
        let one = try Self.load(folder, ImageLoadOptions(side: 3, workers: 1))
        let many = try Self.load(folder, ImageLoadOptions(side: 3, workers: workers))
        #expect(one.train.pixels == many.train.pixels && one.train.labels == many.train.labels)
        #expect(one.test.pixels == many.test.pixels && one.skipped == many.skipped)
        #expect(one.train.labels == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2])
    }

    @Test("damaged files are skipped, counted, and the first few named")
    func lenient() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 9)
        let jpeg = try ImageCodec.encodeJPEG(.pattern(width: 30, height: 30), quality: 80)
        try folder.write(Array(jpeg.prefix(jpeg.count / 2)), to: "train/a/0.png")
        for index in 1..<7 { try folder.write("", to: "train/b/\(index).png") }
        let loaded = try Self.load(folder)
        #expect(loaded.train.count == 11 && loaded.skipped.count == 7)
        #expect(loaded.skipped.firstErrors.count == SkippedFiles.keptErrors)
        let text = "\(loaded.skipped)"
        #expect(
            text.hasPrefix("7 unreadable images skipped (\(folder.path)/train/a/0.png: damaged JPEG file ("))
        #expect(text.hasSuffix("train/b/4.png: neither a JPEG nor a PNG file; and 2 more)"))
    }

    @Test("a class folder whose name is not UTF-8 is an error, not a class that is not there")
    func unnamableClass() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 2)
        let name = Array("\(folder.path)/train/caf".utf8CString.dropLast()) + [CChar(bitPattern: 0xE9), 0]
        #expect(mkdir(name, 0o755) == 0)
        let error = #expect(throws: DataError.self) { try Self.load(folder) }
        #expect("\(error!)".contains("the folder's name is not UTF-8; rename it"), "\(error!)")
    }

    @Test("a damaged test image is counted and told like a training image, and of a split of our own, too")
    func damagedTest() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 9)
        try folder.write("", to: "test/b/0.png")
        let loaded = try Self.load(folder)
        #expect(loaded.skipped.count == 1 && "\(loaded.skipped)".contains("test/b/0.png"))
        #expect(loaded.notices.contains { "\($0)".contains("1 unreadable image skipped") })
    }

    @Test("in strict mode the first damaged file is an error")
    func strict() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        try folder.write("", to: "train/b/2.png")
        try folder.write("", to: "train/a/1.png")
        let path = folder.path + "/train/a/1.png"
        #expect(throws: DataError.notSkipped(path: path, reason: .unknownFormat)) {
            try Self.load(folder, ImageLoadOptions(side: 4, isStrict: true, workers: 2))
        }
    }

    @Test("a format is told from the content, not from the name")
    func formatFromContent() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        try folder.write(try ImageCodec.encodeJPEG(.flat(200, side: 4), quality: 90), to: "train/a/0.png")
        #expect(try Self.load(folder).train.image(at: 0).allSatisfy { abs(Int($0) - 200) <= 1 })
    }

    @Test("a class can be chosen by its folder, in any order")
    func chosenClasses() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b", "c", "d"])
        let set = try ImageFolder(path: folder.path, classes: ["d", "b"]).load(Self.options).train
        #expect(set.classNames == ["d", "b"] && set.image(at: 0).first == 48 && set.image(at: 3).first == 16)
        #expect(throws: DataError.unknownClasses(path: folder.path + "/train", names: ["x", "y"])) {
            try ImageFolder(path: folder.path, classes: ["a", "x", "y"]).load(Self.options)
        }
    }

    @Test("WordNet ids become the names of the paper's prompts")
    func wordNetNames() throws {
        func resolved(_ folders: [String]) throws -> [String] {
            let folder = try TemporaryDataFolder()
            try folder.writeClasses(folders)
            return try ImageFolder(path: folder.path, classes: folders).load(Self.options).train.classNames
        }
        let yellow = ["n01773157", "n03530642"]
        #expect(try resolved(yellow) == ["garden spider", "honeycomb"])
        let hundred = ["n01773157", "n01773797", "n01819313", "n01440764"]
        let names = ["black and gold garden spider", "garden spider", "sulphur-crested cockatoo", "tench"]
        #expect(try resolved(hundred) == names)
        #expect(try resolved(["golden_retriever", "n99"]) == ["golden retriever", "n99"])
    }

    @Test("missing folders, splits and classes are errors that name the folder")
    func structureErrors() throws {
        let folder = try TemporaryDataFolder()
        let (path, train, test) = (folder.path, folder.path + "/train", folder.path + "/test")
        #expect(throws: DataError.missingFolder(path: path + "/none")) {
            try ImageFolder(path: path + "/none").load(Self.options)
        }
        #expect(throws: DataError.missingEntry(path: path, allowed: ["train"])) { try Self.load(folder) }
        try folder.writeClasses(["a", "b"], splits: ["train"])
        #expect(throws: DataError.missingEntry(path: path, allowed: ["test", "val"])) {
            try Self.load(folder)
        }
        try folder.makeFolder("test")
        #expect(throws: DataError.unlabelled(path: test)) { try Self.load(folder) }
        try folder.writeClasses(["a", "c"], splits: ["test"])
        #expect(throws: DataError.classMismatch(path: test, missing: ["b"], unexpected: ["c"])) {
            try Self.load(folder)
        }
        try folder.remove("train/b")
        #expect(throws: DataError.tooFewClasses(path: train, found: ["a"])) { try Self.load(folder) }
        try folder.makeFolder("train/c")
        #expect(throws: DataError.emptyClass(path: train + "/c")) { try Self.load(folder) }
        try folder.write("broken", to: "train/c/0.png")
        let seen = "1 unreadable image skipped (\(train)/c/0.png: neither a JPEG nor a PNG file)"
        #expect(throws: DataError.emptyClass(path: train + "/c", seen: seen)) { try Self.load(folder) }
    }

    @Test("a class folder without usable images is an error that says what it has instead")
    func emptyClassSays() throws {
        for (file, words) in [
            ("0.webp", "1 .webp, as only JPEG and PNG are read (c/0.webp)"),
            ("more/0.png", "1 in a sub-folder of a class (c/more)"),
            ("photo", "1 not called like an image (c/photo)"),
        ] {
            let folder = try TemporaryDataFolder()
            try folder.writeClasses(["a", "c"], splits: ["test"])
            try folder.writeClasses(["a"], splits: ["train"])
            try folder.writeImage("train/c/\(file)")
            let error = #expect(throws: DataError.self) { try Self.load(folder) }
            let text = "\(try #require(error))".replacingOccurrences(of: folder.path + "/train/", with: "")
            #expect(
                text == "c: no usable image; a class folder needs at least one .jpg, .jpeg or .png file; "
                    + "1 file left out: " + words)
            // Without a split of its own, too.
            try folder.remove("test")
            let unsplit = #expect(throws: DataError.self) {
                try ImageFolder(path: folder.path, testFraction: 0.5).load(Self.options)
            }
            #expect(unsplit == error)
        }
    }

    @Test("a list of labels may name an image twice, of one class")
    func labelledTwice() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["n1", "n2"], splits: ["train"])
        for index in 0..<2 { try folder.writeImage("val/images/\(index).png") }
        try folder.write("0.png\tn1\t0\n1.png\tn2\n0.png\tn1\t1\n", to: "val/val_annotations.txt")
        let loaded = try Self.load(folder)
        #expect(loaded.test.labels == [0, 1] && loaded.leftOut.lostCount == 0)
        try folder.write("0.png\tn1\n1.png\tn2\n0.png\tn2\n", to: "val/val_annotations.txt")
        let reason = "'0.png' is of class 'n2' here and of 'n1' in line 1; allowed: one class"
        let list = folder.path + "/val/val_annotations.txt"
        #expect(throws: DataError.malformed(path: list, line: 3, reason: reason)) { try Self.load(folder) }
        try folder.remove("val/val_annotations.txt")
        try folder.write("ImageId,Prediction\n0,n1 1\n1,n2 1\n1,n1 1\n", to: "LOC_val_solution.csv")
        let error = #expect(throws: DataError.self) { try Self.load(folder) }
        #expect(
            "\(try #require(error))".hasSuffix(
                "solution.csv:4: '1' is of class 'n1' here and of 'n2' in line 3; allowed: one class"))
    }

    @Test("a folder 'train' of images beside other classes is a class, not the training images")
    func classOfTrains() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["bus", "car", "train"], count: 5, splits: ["."])
        let loaded = try Self.load(folder)
        #expect(loaded.train.classNames == ["bus", "car", "train"])
        #expect(loaded.train.count == 12 && loaded.test.labels == [0, 1, 2])
        let domains = try TemporaryDataFolder()
        try domains.writeClasses(["bus", "train"], count: 5, splits: ["real", "sketch"])
        let drawn = try DomainFolders(path: domains.path).load(Self.options)
        #expect(drawn.train.classNames == ["bus", "train"] && drawn.train.domainNames == ["real", "sketch"])
        // Beside a test set it holds the training images, which have no classes here.
        try folder.makeFolder("test")
        #expect(throws: DataError.tooFewClasses(path: folder.path + "/train", found: [])) {
            try Self.load(folder)
        }
    }

    @Test(
        "a folder with the name of an image is left out, in strict mode an error; a file as a split is an error"
    )
    func wrongKinds() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        try folder.makeFolder("train/a/folder.png")
        let loaded = try Self.load(folder)
        #expect(loaded.train.count == 6 && loaded.leftOut.lostCount == 1)
        let sentence =
            "1 file left out: 1 called like an image but a folder (\(folder.path)/train/a/folder.png)"
        #expect(loaded.notices.map { "\($0)" } == ["warning: " + sentence])
        let error = #expect(throws: DataError.self) {
            try Self.load(folder, ImageLoadOptions(side: 4, isStrict: true))
        }
        #expect(error.map { "\($0)" } == sentence + "; without 'strict' they are left out and counted")
        try folder.remove("train/a/folder.png")
        try folder.remove("test")
        try folder.write("", to: "test")
        #expect(throws: DataError.missingFolder(path: folder.path + "/test")) { try Self.load(folder) }
    }
}

@Suite("Real photos")
struct RealPhotoTests {
    /// `cifar10-12k.tar` in `$FGL_DATA`, or in `shared/data` beside the repository.
    static let archive: String? = {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../../shared/data").standardized.path
        let folder = ProcessInfo.processInfo.environment["FGL_DATA"] ?? beside
        let path = folder + "/cifar10-12k.tar"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    @Test("12,000 CIFAR-10 photos load alike on one thread and on two", .enabled(if: archive != nil))
    func cifar() throws {
        let folder = try TemporaryDataFolder()
        let tar = Process()
        tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tar.arguments = ["tar", "-xf", try #require(Self.archive), "-C", folder.path]
        try tar.run()
        tar.waitUntilExit()
        try #require(tar.terminationStatus == 0)

        let one = try ImageFolder(path: folder.path).load(ImageLoadOptions(side: 32, isStrict: true))
        let two = try ImageFolder(path: folder.path).load(
            ImageLoadOptions(side: 32, isStrict: true, workers: 2))
        #expect(one.train.count == 10_000 && one.test.count == 2_000 && one.skipped.count == 0)
        #expect(
            one.train.classNames == [
                "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
            ])
        #expect(one.train.pixels == two.train.pixels && one.test.pixels == two.test.pixels)
        // Means of CIFAR-10's channels: 0.491, 0.482, 0.447 (red, green, blue), within the sampling of 10,000
        // images.
        for (channel, mean) in [0.491, 0.482, 0.447].enumerated() {
            var sum = 0
            for image in 0..<one.train.count {
                sum += one.train.image(at: image).dropFirst(channel * 1_024).prefix(1_024).reduce(0) {
                    $0 + Int($1)
                }
            }
            #expect(abs(Double(sum) / Double(one.train.count * 1_024 * 255) - mean) < 0.01)
        }
    }
}
