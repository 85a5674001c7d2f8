import Models
import TestSupport
import Testing

/// Images without class folders, which a CSV file lists with their classes and owners.
@Suite("Images that a CSV file lists")
struct ListedImagesTests {
    /// Twelve gray images in `train` and four in `test`, as FedScale has them, with its mappings.
    private func fedScale(below folder: String = "") throws -> TemporaryDataFolder {
        let place = try TemporaryDataFolder()
        for (split, count) in [("train", 12), ("test", 4)] {
            var rows = ["client_id,sample_path,label_name,label_id"]
            for index in 0..<count {
                try place.writeImage("\(split)/\(index).png", gray: UInt8(10 * index))
                let name = (folder.isEmpty ? "" : "\(split)/") + "\(index).png"
                rows.append("\(index % 3),\(name),c,\(10 - index % 2)")
            }
            try place.write(rows.joined(separator: "\n"), to: "client_data_mapping/\(split).csv")
        }
        return place
    }

    private func load(
        _ folder: TemporaryDataFolder, _ file: String = "train", test: String? = "test",
        label: String = "label_id", classes: [String]? = nil, fraction: Double? = nil
    ) throws -> LoadedImages {
        func path(_ name: String) -> String { "\(folder.path)/client_data_mapping/\(name).csv" }
        let owners = OwnerFile(path: path(file), labelColumn: label, testPath: test.map(path))
        return try ImageFolder(path: folder.path, classes: classes, testFraction: fraction, owners: owners)
            .load(ImageLoadOptions(side: 4))
    }

    @Test("FedScale's mapping: classes and owners are its columns, below its folders or not")
    func mapping() throws {
        for below in ["", "split"] {
            let loaded = try load(try fedScale(below: below))
            #expect(loaded.train.classNames == ["9", "10"])
            // Class by class, in the order of the file.
            #expect(loaded.train.labels == Array(repeating: 0, count: 6) + Array(repeating: 1, count: 6))
            #expect(loaded.train.pixels.first == 10 && loaded.train.count == 12)
            #expect(loaded.train.owners?.names == ["0", "1", "2"])
            #expect(loaded.train.owners?.indices == [1, 0, 2, 1, 0, 2, 0, 2, 1, 0, 2, 1])
            #expect(loaded.test.labels == [0, 0, 1, 1] && loaded.test.owners?.indices == [1, 0, 0, 2])
        }
        let chosen = try load(try fedScale(), classes: ["10", "9"])
        #expect(chosen.train.classNames == ["10", "9"] && chosen.train.pixels.first == 0)
    }

    @Test("Test images are those of a second file, of rows below test/, of the folder, or drawn")
    func testImages() throws {
        let folder = try fedScale()
        let drawn = try load(folder, test: nil, fraction: 0.5)
        #expect(drawn.train.count == 6 && drawn.test.count == 6 && drawn.test.owners != nil)
        var rows = ["client_id,sample_path,label_id"]
        rows += (0..<12).map { "u,train/\($0).png,\($0 % 2)" }
        rows += (0..<4).map { "\($0),test/\($0).png,\($0 % 2)" }
        try folder.write(rows.joined(separator: "\n"), to: "client_data_mapping/all.csv")
        let listed = try load(folder, "all", test: nil)
        #expect(listed.train.count == 12 && listed.test.count == 4)
        #expect(listed.test.owners?.names == ["0", "1", "2", "3", "u"])
        // Of rows below two such folders, one folder's are tested on, and a line says so.
        try folder.writeImage("val/0.png")
        rows.append("v,val/0.png,1")
        try folder.write(rows.joined(separator: "\n"), to: "client_data_mapping/both.csv")
        let both = try load(folder, "both", test: nil)
        #expect(both.train.count == 12 && both.test.count == 4)
        #expect(
            both.notices.map { "\($0)" }.contains(
                "the test set is \(folder.path)/test; \(folder.path)/val is left out"))
        try folder.remove("val")
        // Class folders of tests are the test set of a list of training images, as of a folder.
        try folder.writeClasses(["9", "10"], count: 2, splits: ["val"])
        let own = try load(folder, test: nil)
        #expect(own.train.count == 12 && own.test.count == 4 && own.test.owners == nil)
    }

    @Test(
        "A row without a class, a path that leaves the folder, an unknown class and one class are refused",
        arguments: [
            ("u,0.png,", ":2: no class in the column 'label_id'; allowed: one line of 1 to 200 characters"),
            ("u,../0.png,1", ":2: '../0.png' leaves FOLDER"),
            ("u,/etc/passwd,1", ":2: '/etc/passwd' leaves FOLDER"),
            (
                "u,0.png,1\nu,99.png,2",
                ":3: '99.png' is no file; allowed: paths relative to FOLDER, FOLDER/train"
            ),
            (
                "u,0.png,1\nu,0.png,2",
                ":3: '0.png' is of class '2' here and of '1' in line 2; allowed: one class"
            ),
            (
                "u,0.png,1\nu,./train//0.png,2",
                ":3: 'train/0.png' is of class '2' here and of '1' in line 2; allowed: one class"
            ),
            ("u,0.png,1\nu,1.png,1", ": 1 class ('1'); at least 2 are needed, one folder per class"),
        ])
    func refused(rows: String, sentence: String) throws {
        let folder = try fedScale()
        try folder.write("client_id,sample_path,label_id\n" + rows, to: "client_data_mapping/bad.csv")
        let error = #expect(throws: DataError.self) { try load(folder, "bad", test: nil, fraction: 0.5) }
        if rows.hasSuffix("1.png,1") {
            #expect(error == .tooFewClasses(path: "\(folder.path)/client_data_mapping/bad.csv", found: ["1"]))
        } else {
            #expect(
                error.map { "\($0)" }
                    == "\(folder.path)/client_data_mapping/bad.csv"
                    + sentence.replacing("FOLDER", with: folder.path))
        }
    }

    @Test("A test file has the classes and the columns of the training file")
    func testFile() throws {
        let folder = try fedScale()
        try folder.write("client_id,sample_path,label_id\nu,0.png,7", to: "client_data_mapping/test.csv")
        #expect(
            throws: DataError.classMismatch(
                path: "\(folder.path)/client_data_mapping/test.csv", missing: [], unexpected: ["7"])
        ) { try load(folder) }
        #expect(throws: DataError.self) { try load(folder, label: "label_name") }
        #expect(throws: DataError.self) { try load(folder, test: "none") }
    }
}
