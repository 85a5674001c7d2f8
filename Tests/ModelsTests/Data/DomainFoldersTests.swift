import Foundation
import Models
import Testing

@Suite("Domains")
struct DomainFoldersTests {
    static let options = ImageLoadOptions(side: 4)

    @Test("a folder per domain: images know their domain, limits hold for each")
    func folders() throws {
        let folder = try TemporaryDataFolder()
        for domain in ["sketch", "real"] {
            try folder.writeClasses(["bird", "axe"], count: 4, splits: ["\(domain)/train", "\(domain)/val"])
        }
        let loaded = try DomainFolders(path: folder.path).load(ImageLoadOptions(side: 4, trainPerClass: 2))
        #expect(
            loaded.train.domainNames == ["real", "sketch"] && loaded.train.classNames == ["axe", "bird"])
        #expect(loaded.train.domains == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(loaded.train.labels == [0, 0, 1, 1, 0, 0, 1, 1])
        #expect(loaded.test.count == 16)
    }

    @Test("a domain without one of the classes is an error")
    func incompleteDomain() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(
            ["axe", "bird"], splits: ["real/train", "real/test", "sketch/train", "sketch/test"])
        try folder.remove("sketch/test/bird")
        let path = folder.path + "/sketch/test"
        #expect(throws: DataError.classMismatch(path: path, missing: ["bird"], unexpected: [])) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        try folder.write("broken", to: "sketch/test/bird/0.png")
        let seen = "1 unreadable image skipped (\(path)/bird/0.png: neither a JPEG nor a PNG file)"
        #expect(throws: DataError.emptyClass(path: path + "/bird", seen: seen)) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
    }

    @Test("a folder without domains is an error")
    func noDomains() throws {
        let folder = try TemporaryDataFolder()
        #expect(
            throws: DataError.missingEntry(
                path: folder.path, allowed: ["<domain>/train", "<domain>/<class>", "<domain>_train.txt"])
        ) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        #expect(throws: DataError.missingFolder(path: folder.path + "/none")) {
            try DomainFolders(path: folder.path + "/none").load(Self.options)
        }
    }

    /// Two domains as DomainNet lists them: labels 1 and 73, a file name with a blank.
    static func domainNet() throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        for domain in ["clipart", "real"] {
            var lines = ""
            for (name, label, gray) in [("clock", 73, 9), ("airplane", 1, 7)] as [(String, Int, UInt8)] {
                for index in 0..<2 {
                    let file = "\(domain)/\(name)/image \(index).png"
                    try folder.writeImage(file, gray: gray)
                    lines += "\(file) \(label)\r\n"
                }
            }
            try folder.write(lines, to: "\(domain)_train.txt")
            try folder.write(lines, to: "\(domain)_test.txt")
        }
        return folder
    }

    @Test("DomainNet's lists: classes by label number, called as their folders")
    func lists() throws {
        let folder = try Self.domainNet()
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.train.classNames == ["airplane", "clock"])
        #expect(loaded.train.domainNames == ["clipart", "real"])
        #expect(
            loaded.train.labels == [0, 0, 1, 1, 0, 0, 1, 1]
                && loaded.train.domains == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(loaded.train.image(at: 0).first == 7 && loaded.test.pixels == loaded.train.pixels)
        let chosen = try DomainFolders(path: folder.path, classes: ["clock", "airplane"]).load(Self.options)
        #expect(chosen.train.classNames == ["clock", "airplane"] && chosen.train.image(at: 0).first == 9)
        #expect(throws: DataError.unknownClasses(path: folder.path + "/clipart_train.txt", names: ["axe"])) {
            try DomainFolders(path: folder.path, classes: ["clock", "axe"]).load(Self.options)
        }
    }

    @Test(
        "bad lines of a list are errors with their number",
        arguments: [
            ("clipart/axe/0.png", "'clipart/axe/0.png' is not 'folder/file label' with a label of 0 or more"),
            (
                "clipart/axe/0.png -1",
                "'clipart/axe/0.png -1' is not 'folder/file label' with a label of 0 or more"
            ),
            (
                "clipart/axe/0.png one",
                "'clipart/axe/0.png one' is not 'folder/file label' with a label of 0 or more"
            ),
            ("0.png 1", "'0.png' stands in no class folder"),
            ("../../etc/passwd 1", "'../../etc/passwd' leaves the data set"),
            ("/etc/passwd 1", "'/etc/passwd' leaves the data set"),
            ("clipart/axe/0.png 73", "label 73 stands for 'clock' and for 'axe'"),
            (
                "./clipart/clock//0.png 1",
                "'clipart/clock/0.png' has label 1 here and label 73 in line 1; allowed: one label"
            ),
        ])
    func badLines(line: String, reason: String) throws {
        let folder = try Self.domainNet()
        try folder.write("clipart/clock/0.png 73\n\n\(line)\n", to: "clipart_train.txt")
        let path = folder.path + "/clipart_train.txt"
        let error = #expect(throws: DataError.self) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        #expect(error == .malformed(path: path, line: 3, reason: reason))
        #expect("\(try #require(error))" == "\(path):3: \(reason)")
    }

    @Test("an image that a list names several times is counted once, which is said")
    func repeats() throws {
        let folder = try Self.domainNet()
        let lines = try String(contentsOfFile: folder.path + "/real_train.txt", encoding: .utf8)
        let before = try DomainFolders(path: folder.path).load(Self.options)
        try folder.write(lines + lines + "./real//clock/image 1.png 73\n", to: "real_train.txt")
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.train.labels == before.train.labels && loaded.train.pixels == before.train.pixels)
        #expect(
            DataLayoutTests.notices(loaded, in: folder).contains(
                "warning: real_train.txt: 5 of its lines repeat an image that stands above "
                    + "(real/clock/image 0.png); each image is counted once"))
        #expect(!before.notices.contains { "\($0)".contains("counted once") })
    }

    @Test("a file that a list names in vain is left out and counted, in strict mode an error with the line")
    func missingFile() throws {
        let folder = try Self.domainNet()
        try folder.remove("real/clock/image 0.png")
        let words =
            "\(folder.path)/real/clock/image 0.png: cannot be read: No such file or directory; "
            + "\(folder.path)/real_train.txt:1 names it"
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        // The list of test images names it, too.
        #expect(loaded.train.count == 7 && loaded.test.count == 7 && loaded.skipped.count == 2)
        #expect("\(loaded.skipped)".contains(words))
        let strict = #expect(throws: DataError.self) {
            try DomainFolders(path: folder.path).load(ImageLoadOptions(side: 4, isStrict: true))
        }
        #expect(strict?.description == words && strict?.isFileAccess == true)
        // A class of which nothing is left is an error in both modes, with the reason.
        try folder.remove("real/clock/image 1.png")
        let error = #expect(throws: DataError.self) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        let text = "\(try #require(error))"
        #expect(text.hasPrefix("\(folder.path)/real_train.txt: no image of class 'clock'; every class needs"))
        #expect(text.contains("2 unreadable images skipped (\(words)"))
    }

    @Test("an image that this user may not read is left out and counted", .enabled(if: getuid() != 0))
    func forbiddenFile() throws {
        let folder = try Self.domainNet()
        #expect(chmod(folder.path + "/real/clock/image 0.png", 0) == 0)
        let loaded = try DomainFolders(path: folder.path).load(Self.options)
        #expect(loaded.train.count == 7 && "\(loaded.skipped)".contains("cannot be read: Permission denied"))
    }

    @Test("a list without a class of the others, and a missing list, are errors")
    func incompleteLists() throws {
        let folder = try Self.domainNet()
        try folder.write("real/airplane/image 0.png 1\n", to: "real_train.txt")
        #expect(throws: DataError.classWithoutImages(path: folder.path + "/real_train.txt", name: "clock")) {
            try DomainFolders(path: folder.path).load(Self.options)
        }
        try folder.remove("real_test.txt")
        #expect(throws: DataError.self) { try DomainFolders(path: folder.path).load(Self.options) }
    }

    @Test("the kinds of data sets are those of the scenario key")
    func kinds() {
        #expect(
            ImageSetKind.allCases.map(\.rawValue) == [
                "image-folder", "cifar10", "cifar100", "idx", "domains", "leaf",
            ])
        for kind in ImageSetKind.allCases {
            #expect(throws: DataError.missingFolder(path: "/no/such/folder")) {
                try kind.source(at: "/no/such/folder").load(Self.options)
            }
        }
    }
}
