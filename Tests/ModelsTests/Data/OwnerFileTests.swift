import Foundation
import Models
import TestSupport
import Testing

/// `data.owners`: a CSV file that says whose the images of class folders are.
@Suite("Owners by a CSV file")
struct OwnerFileTests {
    private static let options = ImageLoadOptions(side: 4)

    /// Two classes, `a` and `b`, of three images each, in `train` and `test`, and `owners.csv`.
    private func folder(_ text: String, splits: [String] = ["train", "test"]) throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"], splits: splits)
        try folder.write(text.replacing("FOLDER", with: folder.path), to: "owners.csv")
        return folder
    }

    private func load(
        _ folder: TemporaryDataFolder, path: String? = "path", owner: String? = "user", label: String? = nil,
        options: ImageLoadOptions = options
    ) throws -> LoadedImages {
        let file = OwnerFile(
            path: folder.path + "/owners.csv", pathColumn: path, ownerColumn: owner, labelColumn: label)
        return try ImageFolder(path: folder.path, owners: file).load(options)
    }

    private func names(_ set: ImageSet) -> [String]? {
        set.owners.map { owners in owners.indices.map { $0 < 0 ? "-" : owners.names[Int($0)] } }
    }

    private static let training = """
        a/0.png,x
        a/1.png,y
        a/2.png,x
        b/0.png,y
        b/1.png,x
        b/2.png,y
        """

    @Test("A path is relative to the data's folder or to its training images, or absolute")
    func paths() throws {
        let expected = ["x", "y", "x", "y", "x", "y"]
        for prefix in [
            "", "train/", "./train/", "FOLDER/train/", "train//", "train/../train/", "a/../",
            "FOLDER/./train//", "FOLDER/test/../train/",
        ] {
            let rows = Self.training.split(separator: "\n").map { prefix + $0 }.joined(separator: "\n")
            let loaded = try load(try folder("path,user\n" + rows))
            #expect(names(loaded.train) == expected)
            // A path below the training folder says nothing of test images of the same name.
            #expect(loaded.test.owners == nil && loaded.test.count == 6)
        }
        let both = ["train", "test"].flatMap { split in
            Self.training.split(separator: "\n").map { "\(split)/\($0)" }
        }
        let loaded = try load(try folder("path,user\n" + both.joined(separator: "\n")))
        #expect(names(loaded.train) == expected && names(loaded.test) == expected)
        let unsplit = try folder("path,user\n" + Self.training, splits: ["."])
        let drawn = try load(unsplit)
        #expect(drawn.train.count + drawn.test.count == 6 && drawn.test.owners != nil)
    }

    @Test("Absolute paths name the data's folder through links or not")
    func links() throws {
        let expected = ["x", "y", "x", "y", "x", "y"]
        let links = try TemporaryDataFolder()
        for (index, isLinkInFile) in [true, false].enumerated() {
            let real = try TemporaryDataFolder()
            try real.writeClasses(["a", "b"])
            let link = "\(links.path)/\(index)"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: real.path)
            let rows = Self.training.split(separator: "\n").map {
                "\(isLinkInFile ? link : real.path)/train/\($0)"
            }
            try real.write("path,user\n" + rows.joined(separator: "\n"), to: "owners.csv")
            let file = OwnerFile(path: real.path + "/owners.csv", pathColumn: "path", ownerColumn: "user")
            let path = isLinkInFile ? real.path : link
            #expect(names(try ImageFolder(path: path, owners: file).load(Self.options).train) == expected)
        }
    }

    @Test("A class of which no training image has an owner is an error that names the file")
    func classWithoutOwner() throws {
        for splits in [["train", "test"], ["."]] {
            let folder = try folder("path,user\na/0.png,x\na/1.png,x\na/2.png,y\n", splits: splits)
            let error = #expect(throws: DataError.self) { try load(folder) }
            #expect(
                error?.description
                    == "\(folder.path)/owners.csv: no image of class 'b'; every class needs at least one; "
                    + "none of its rows names one of the training images")
        }
    }

    @Test("Quoted fields, CRLF, a byte order mark, blanks, empty lines, other columns and FedScale's names")
    func dialect() throws {
        let text = """
            \u{FEFF}"client_id" , sample_path,label_name,label_id\r\n\"x, or \"\"X\"\"\",a/0.png,"a\nb",0\r
            \r
            7 , "a/1.png" ,a,0\r\n7,a/2.png,a,0\n7,b/0.png,b,1\n7,b/1.png,b,1\n10,b/2.png,b,1\n10,b/2.png,,
            """
        let loaded = try load(try folder(text), path: nil, owner: nil)
        #expect(loaded.train.owners?.names == ["10", "7", "x, or \"X\""])
        #expect(names(loaded.train) == ["x, or \"X\"", "7", "7", "7", "7", "10"])
    }

    @Test("Training images without an owner are left out and counted, or an error; test images stay")
    func withoutOwner() throws {
        let rows = Self.training.split(separator: "\n").filter { !$0.hasPrefix("a/1") }
        let folder = try folder(
            "path,user\n" + rows.joined(separator: "\n") + "\ntest/a/0.png,x\ntest/b/2.png,z\n")
        let loaded = try load(folder)
        #expect(names(loaded.train) == ["x", "x", "y", "x", "y"] && loaded.train.count == 5)
        #expect(loaded.leftOut.lostCount == 1)
        #expect(names(loaded.test) == ["x", "-", "-", "-", "-", "z"])
        // Owners of test images alone are owners too, and have no training image.
        #expect(loaded.train.owners?.names == ["x", "y", "z"] && loaded.train.owners?.counts == [3, 2, 0])
        let notices = loaded.notices.map { "\($0)" }
        #expect(
            notices.contains("warning: 1 file left out: 1 without an owner (\(folder.path)/train/a/1.png)"))
        #expect(
            notices.contains(
                "\(folder.path)/owners.csv: 4 test images have no owner (\(folder.path)/test/a/1.png): no "
                    + "client's own, and in the test set of the global model"))
        #expect(throws: DataError.self) {
            try load(folder, options: ImageLoadOptions(side: 4, isStrict: true))
        }
    }

    static let faults: [(text: String, sentence: String)] = [
        ("", ": it is empty; its first line names the columns"),
        ("path,user\n", ": a header and no row; a row an image is needed"),
        (
            "file,user\na/0.png,x",
            ":1: no column 'path', which data.owners.path-column asks for; its columns: 'file', 'user'"
        ),
        (
            "path;user\na/0.png;x",
            ":1: no column 'path', which data.owners.path-column asks for; its columns: 'path;user'"
        ),
        (
            "path,id\na/0.png,x",
            ":1: no column 'user', which data.owners.client-column asks for; its columns: 'path', 'id'"
        ),
        (
            "path,user,user\na/0.png,x,y",
            ":1: 2 columns 'user', which data.owners.client-column asks for; its columns: 'path', 'user', "
                + "'user'"
        ),
        ("path,user\na/0.png", ":2: 1 fields; the header has 2"),
        ("path,user\n\na/0.png,x,y", ":3: 3 fields; the header has 2"),
        ("path,user\na/0.png,\"x\ny", ":2: a quote that is not closed"),
        ("path,user\na/0.png,\"x\"y", ":2: text after the closing quote of a field"),
        ("path,user\na/0.png,x\"y\"", ":2: a quote inside a field without quotes"),
        ("path,user\n,x", ":2: no path of an image in the column 'path'"),
        (
            "path,user\na/0.png,",
            ":2: '' is no name of an owner; allowed in the column 'user': one line of 1 to 200 bytes"
        ),
        (
            "path,user\na/0.png,\"x\ny\"",
            ":2: 'x\\ny' is no name of an owner; allowed in the column 'user': one line of 1 to 200 bytes"
        ),
        (
            "path,user\na/0.png,x\na/0.png,y",
            ":3: 'a/0.png' belongs to 'y' here and to 'x' in line 2; allowed: one owner"
        ),
        (
            "path,user\na/0.png,x\ntrain/a/0.png,y",
            ":2: 'FOLDER/train/a/0.png' belongs to 'x' here and to 'y' in line 3; allowed: one owner"
        ),
        (
            "path,user\na/0.png,x\na/9.png,x",
            ":3: 'a/9.png' is no file; allowed: paths relative to FOLDER, FOLDER/train"
        ),
        ("path,user\ntest/a/0.png,x", ": none of its rows names a training image"),
        ("path,user\na/0.png,\u{0}", ":2: '\\0' is no name of an owner; allowed in the column 'user': one "
            + "line of 1 to 200 bytes"),
    ]

    @Test("What does not fit is refused with file, line and what is allowed", arguments: faults)
    func refused(text: String, sentence: String) throws {
        let folder = try folder(text)
        let error = #expect(throws: DataError.self) { try load(folder) }
        #expect(
            error.map { "\($0)" }
                == "\(folder.path)/owners.csv" + sentence.replacing("FOLDER", with: folder.path))
    }

    @Test("Bytes that are no text, pipes and missing files")
    func otherFaults() throws {
        let binary = try folder("")
        try binary.write([0x70, 0x61, 0xFF, 0x0A], to: "owners.csv")
        #expect(
            throws: DataError.malformed(
                path: "\(binary.path)/owners.csv", line: 1,
                reason: "the byte 0xFF is not UTF-8 (is the file in Latin-1 or Windows-1252?); save it in "
                    + "UTF-8"
            )
        ) { try load(binary) }
        try binary.write([0xFF, 0xFE, 0x70, 0x00], to: "owners.csv")
        #expect(
            throws: DataError.malformed(
                path: "\(binary.path)/owners.csv", line: nil,
                reason: "the file is in UTF-16; save it in UTF-8")
        ) { try load(binary) }
        let pipe = try folder("")
        try pipe.remove("owners.csv")
        let place = "\(pipe.path)/owners.csv"
        #expect(
            throws: DataError.fileAccess(path: place, reason: "cannot be read: No such file or directory")
        ) { try load(pipe) }
        #expect(mkfifo(place, 0o600) == 0)
        #expect(
            throws: DataError.fileAccess(
                path: place, reason: "cannot be read: it is a named pipe, not a file")
        ) { try load(pipe) }
    }

    @Test("In a folder of domains a path names the domain")
    func domains() throws {
        let folder = try TemporaryDataFolder()
        var rows = ["path,user"]
        for domain in ["real", "sketch"] {
            try folder.writeClasses(["a", "b"], count: 1, splits: ["\(domain)/train", "\(domain)/test"])
            rows += ["a", "b"].map { "\(domain)/train/\($0)/0.png,\(domain)-\($0)" }
        }
        try folder.write(rows.joined(separator: "\n"), to: "owners.csv")
        let file = OwnerFile(path: folder.path + "/owners.csv", pathColumn: "path", ownerColumn: "user")
        let loaded = try DomainFolders(path: folder.path, owners: file).load(Self.options)
        #expect(names(loaded.train) == ["real-a", "real-b", "sketch-a", "sketch-b"])
        #expect(loaded.train.domains == [0, 0, 1, 1])
    }
}
