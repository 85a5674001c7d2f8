import Foundation
import Models
import Testing

/// Files that no reader may pass over in silence, wait for, or take memory for unseen.
@Suite("Files left out")
struct LeftOutFilesTests {
    static let options = ImageLoadOptions(side: 4)
    static let strict = ImageLoadOptions(side: 4, isStrict: true)

    @Test("images of other formats are counted by format, a warning, in strict mode an error")
    func formats() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], count: 3)
        for name in ["1.webp", "2.WEBP", "3.gif", "4.bmp", "5.tif", "6.tiff", "7.heic", "8.avif"] {
            try folder.write("x", to: "train/a/\(name)")
        }
        try folder.write("x", to: "test/b/9.webp")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(loaded.train.count == 6 && loaded.leftOut.lostCount == 9)
        let sentence =
            "9 files left out: 3 .webp, as only JPEG and PNG are read (train/a/1.webp), 1 .gif, as only JPEG "
                + "and PNG are "
            + "read (train/a/3.gif), 1 .bmp, as only JPEG and PNG are read (train/a/4.bmp), 1 .tif, as only "
            + "JPEG and "
            + "PNG are read (train/a/5.tif), 1 .tiff, as only JPEG and PNG are read (train/a/6.tiff), 1 "
            + ".heic, as only "
            + "JPEG and PNG are read (train/a/7.heic), 1 .avif, as only JPEG and PNG are read "
            + "(train/a/8.avif)"
        #expect(DataLayoutTests.notices(loaded, in: folder) == ["warning: " + sentence])
        let error = #expect(throws: DataError.self) { try ImageFolder(path: folder.path).load(Self.strict) }
        let text = "\(try #require(error))".replacingOccurrences(of: folder.path + "/", with: "")
        #expect(text == sentence + "; without 'strict' they are left out and counted")
    }

    @Test("endings of any case and other names of JPEG are read; what a file really is is said")
    func endings() throws {
        let folder = try TemporaryDataFolder()
        for split in ["train", "test"] {
            for (index, name) in ["0.JPEG", "1.JPG", "2.PNG", "3.jfif", "4.jpe", "5.Jpeg"].enumerated() {
                try folder.writeImage("\(split)/a/\(name)", gray: UInt8(index))
                try folder.writeImage("\(split)/b/\(name)")
            }
        }
        try folder.write(Array("RIFF....WEBPVP8 ".utf8), to: "train/a/6.jpg")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(DataLayoutTests.grays(loaded.train).prefix(6) == [0, 1, 2, 3, 4, 5])
        #expect(
            loaded.skipped.count == 1
                && "\(loaded.skipped)".contains("6.jpg: a WebP file, neither a JPEG nor a PNG"))
    }

    @Test("what other programs leave behind is left out without harm, also in strict mode, and named once")
    func leftovers() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        for name in [
            "__MACOSX/train/a/._0.png", "train/__MACOSX/a/._0.png", "train/.DS_Store", "train/a/._0.png",
            "train/a/Thumbs.db", "train/a/.ipynb_checkpoints/0-checkpoint.png", "test/@eaDir/a/x.png",
            "test/b/desktop.ini",
        ] {
            try folder.write("x", to: name)
        }
        let loaded = try ImageFolder(path: folder.path).load(Self.strict)
        #expect(
            loaded.train.classNames == ["a", "b"] && loaded.train.count == 6 && loaded.leftOut.lostCount == 0)
        #expect(
            DataLayoutTests.notices(loaded, in: folder) == [
                "left out what other programs leave behind: __MACOSX and 7 more"
            ])
    }

    @Test("images beside class folders and in sub-folders of a class are warnings, other files a note")
    func strays() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        try folder.writeImage("train/stray.png")
        for index in 0..<3 { try folder.writeImage("train/a/more/\(index).png") }
        try folder.write("x", to: "train/a/notes.txt")
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        #expect(
            DataLayoutTests.notices(loaded, in: folder) == [
                "warning: 4 files left out: 1 without a label (train/stray.png), 3 in a sub-folder of a "
                    + "class "
                    + "(train/a/more)",
                "left out 1 file that is not called like an image (train/a/notes.txt)",
            ])
        #expect(throws: DataError.self) { try ImageFolder(path: folder.path).load(Self.strict) }
    }

    @Test("pipes, devices, dangling links and links in a circle are not waited for")
    func notFiles() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        let place = folder.path + "/train/a/"
        #expect(mkfifo(place + "pipe.jpg", 0o600) == 0)
        for (name, target) in [
            ("device.png", "/dev/zero"), ("gone.png", "nowhere"), ("circle.png", "circle.png"),
            ("loop", "../../train"), ("kernel.png", "/proc/self/mounts"),
        ] {
            try FileManager.default.createSymbolicLink(atPath: place + name, withDestinationPath: target)
        }
        let loaded = try ImageFolder(path: folder.path).load(Self.options)
        let text = DataLayoutTests.notices(loaded, in: folder).joined(separator: "\n")
        for what in [
            "a named pipe (train/a/pipe.jpg)", "a device (train/a/device.png)",
            "a link to nothing (train/a/gone.png)",
            "a link that leads to itself (train/a/circle.png)",
        ] {
            #expect(text.contains("1 called like an image but \(what)"), "\(text)")
        }
        #expect(loaded.train.count == 6 && loaded.skipped.count == 1)
        #expect(throws: DataError.self) { try ImageFolder(path: folder.path).load(Self.strict) }
        // Lists and binary sets.
        let sets = try TemporaryDataFolder()
        #expect(mkfifo(sets.path + "/real_train.txt", 0o600) == 0)
        #expect(
            throws: DataError.fileAccess(
                path: sets.path + "/real_train.txt", reason: "cannot be read: it is a named pipe, not a file")
        ) {
            try DomainFolders(path: sets.path).load(Self.options)
        }
        #expect(mkfifo(sets.path + "/batches.meta", 0o600) == 0)
        #expect(
            throws: DataError.fileAccess(
                path: sets.path + "/batches.meta", reason: "cannot be read: it is a named pipe, not a file")
        ) {
            try CIFARBatches(path: sets.path).load(Self.options)
        }
        for name in [
            "train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
        ] {
            #expect(mkfifo("\(sets.path)/\(name)", 0o600) == 0)
        }
        #expect(
            throws: DataError.fileAccess(
                path: sets.path + "/train-labels-idx1-ubyte.gz",
                reason: "cannot be read: it is a named pipe, not a file")
        ) {
            try IDXFiles(path: sets.path).load(Self.options)
        }
    }

    @Test("more classes than are read, and more images than memory holds, are errors before anything is read")
    func ceilings() throws {
        let folder = try TemporaryDataFolder()
        try folder.makeFolder("test")
        for index in 0..<25_001 { try folder.makeFolder("train/\(index)") }
        #expect(throws: DataError.tooManyClasses(path: folder.path + "/train", found: 25_001, limit: 25_000))
        {
            try ImageFolder(path: folder.path).load(Self.options)
        }
        let list = (0...25_000).map { "real/c\($0)/0.png \($0)\n" }.joined()
        let sets = try TemporaryDataFolder()
        try sets.write(list, to: "real_train.txt")
        try sets.write(list, to: "real_test.txt")
        #expect(
            throws: DataError.tooManyClasses(
                path: sets.path + "/real_train.txt", found: 25_001, limit: 25_000)
        ) {
            try DomainFolders(path: sets.path).load(Self.options)
        }
        let many = (0..<1_000_000).map { "real/c\($0 % 2)/\($0).png \($0 % 2)\n" }.joined()
        try sets.write(many, to: "real_train.txt")
        try sets.write("real/c0/0.png 0\nreal/c1/0.png 1\n", to: "real_test.txt")
        let error = #expect(throws: DataError.self) {
            try DomainFolders(path: sets.path).load(ImageLoadOptions(side: 1024))
        }
        #expect(
            error.map {
                "\($0)".hasPrefix("1000000 images of 1024 x 1024 pixels take 3000000 MiB of memory, of ")
            } == true)
    }
}
