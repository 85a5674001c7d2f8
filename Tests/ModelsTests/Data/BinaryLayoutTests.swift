import Foundation
import Models
import Testing

@Suite("Archives of CIFAR and of the MNIST family")
struct BinaryLayoutTests {
    static func pickles() throws -> [String: [UInt8]] {
        try DataFixture.decode([String: Data].self, "pickles.json").mapValues { [UInt8]($0) }
    }

    /// A pickled list of names under a key, protocol 2.
    static func names(_ key: String, _ count: Int) -> [UInt8] {
        func text(_ text: String) -> [UInt8] { [0x55, UInt8(text.utf8.count)] + Array(text.utf8) }
        return [0x80, 2, 0x7D, 0x28] + text(key) + [0x5D, 0x28] + (0..<count).flatMap { text("class_\($0)") }
            + Array("eu.".utf8)
    }

    static func python(_ batch: [UInt8], in sub: String = "cifar-10-batches-py/") throws
        -> TemporaryDataFolder
    {
        let folder = try TemporaryDataFolder()
        try folder.write(names("label_names", 10), to: sub + "batches.meta")
        for name in (1...5).map({ "data_batch_\($0)" }) + ["test_batch"] {
            try folder.write(batch, to: sub + name)
        }
        return folder
    }

    @Test(
        "CIFAR-10 for Python is read as Python 2 and every protocol of Python 3 write it",
        arguments: ["python2", "protocol2", "protocol3", "protocol4", "protocol5", "numpyLabels"])
    func python(name: String) throws {
        let folder = try Self.python(
            try #require(try Self.pickles()[name]), in: name == "python2" ? "cifar-10-batches-py/" : "")
        let loaded = try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
        #expect(loaded.train.labels == [3, 9, 3, 9, 3, 9, 3, 9, 3, 9] && loaded.test.labels == [3, 9])
        #expect(loaded.train.classNames[3] == "class 3")
        #expect([0, 1_024, 2_048].map { Array(loaded.test.image(at: 1))[$0] } == [13, 14, 15])
        #expect(
            try CIFARBatches(path: folder.path, names: .table(["3": "cat", "class_9": "truck"]))
                .load(ImageLoadOptions(side: 32)).train.classNames.suffix(1) == ["truck"])
    }

    @Test("CIFAR-100 has fine classes, or coarse ones; each set says what the other is")
    func hundred() throws {
        let folder = try TemporaryDataFolder()
        let batch = try #require(try Self.pickles()["hundred"])
        let meta =
            Self.names("fine_label_names", 100).dropLast(2)
            + Self.names("coarse_label_names", 20).dropFirst(4)
        try folder.write(Array(meta), to: "meta")
        for name in ["train", "test"] { try folder.write(batch, to: name) }
        let fine = try CIFARBatches(path: folder.path, variant: .hundred).load(ImageLoadOptions(side: 32))
        #expect(fine.train.labels == [99, 0] && fine.train.classNames.count == 100)
        let coarse = try CIFARBatches(path: folder.path, variant: .hundredCoarse).load(
            ImageLoadOptions(side: 32))
        #expect(coarse.train.labels == [19, 4] && coarse.train.classNames.count == 20)
        #expect(throws: DataError.wrongSet(path: folder.path, found: "CIFAR-100", use: "cifar100")) {
            try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
        }

        let binary = try TemporaryDataFolder()
        let record = [UInt8](arrayLiteral: 19, 99) + [UInt8](repeating: 7, count: 3_072)
        for name in ["train.bin", "test.bin"] { try binary.write(record, to: "cifar-100-binary/" + name) }
        for (kind, count) in [("fine", 100), ("coarse", 20)] {
            let names = (0..<count).map { "\(kind)_\($0)\r\n" }.joined()
            try binary.write(names, to: "cifar-100-binary/\(kind)_label_names.txt")
        }
        #expect(
            try CIFARBatches(path: binary.path, variant: .hundred).load(ImageLoadOptions(side: 32)).train
                .labels == [99])
        let superclasses = try CIFARBatches(path: binary.path, variant: .hundredCoarse).load(
            ImageLoadOptions(side: 32))
        #expect(superclasses.train.labels == [19] && superclasses.train.classNames[19] == "coarse 19")
        #expect(
            throws: DataError.wrongSet(
                path: binary.path + "/cifar-100-binary", found: "CIFAR-100", use: "cifar100")
        ) {
            try CIFARBatches(path: binary.path).load(ImageLoadOptions(side: 32))
        }
        let ten = try BinarySetsTests.cifar()
        #expect(throws: DataError.wrongSet(path: ten.path, found: "CIFAR-10", use: "cifar10")) {
            try CIFARBatches(path: ten.path, variant: .hundred).load(ImageLoadOptions(side: 32))
        }
    }

    @Test(
        "pickles of another kind are errors, and nothing that they name is called",
        arguments: [
            ("code", "it names 'posix.system', which such files do not"),
            ("columnMajor", "'data' is no array of bytes, rows first"),
            ("wide", "'data' is no array of bytes, rows first"),
            (
                "hundred",
                "nothing called 'labels' in it; it has 'data', 'filenames', 'batch_label', 'fine_labels', "
                    + "'coarse_labels'"
            ),
        ])
    func otherPickles(name: String, reason: String) throws {
        let folder = try Self.python(try #require(try Self.pickles()[name]))
        let path = folder.path + "/cifar-10-batches-py/data_batch_1"
        #expect(
            throws: DataError.malformed(
                path: path, line: nil, reason: "not a file of CIFAR for Python: " + reason)
        ) {
            try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
        }
    }

    @Test("a pickle that is cut anywhere, or of which a byte is changed, is read or refused, never a trap")
    func damagedPickles() throws {
        let folder = try Self.python([])
        let path = "cifar-10-batches-py/data_batch_1"
        var refused = 0
        func attempt(_ bytes: [UInt8]) throws {
            try folder.write(bytes, to: path)
            // The other batches are empty, so that the set is refused in any case.
            let error = #expect(throws: DataError.self) {
                try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
            }
            if "\(try #require(error))".contains("data_batch_1:") { refused += 1 }
        }
        for (name, batch) in try Self.pickles().sorted(by: { $0.key < $1.key }) where name != "wide" {
            // The pixels say nothing; what stands around them does.
            let ends = Array(0..<min(150, batch.count)) + Array(max(0, batch.count - 150)..<batch.count)
            for length in stride(from: 0, to: ends.count, by: 5) {
                try attempt(Array(batch.prefix(ends[length])))
            }
            for index in ends.filter({ $0 % 4 == 0 }) {
                var changed = batch
                changed[index] = changed[index] &+ UInt8(1 + index % 200)
                try attempt(changed)
            }
        }
        #expect(refused > 500)
        // A text of 300 kB that is kept, and turned into bytes or the name of a type 100,000 times.
        func repeated(_ function: String, _ last: [UInt8]) -> [UInt8] {
            let text = [0x58, 0xE0, 0x93, 4, 0] + [UInt8](repeating: 0x61, count: 300_000) + [0x71, 0]
            let call = Array("c\(function)\n".utf8) + [0x68, 0] + last + [0x52]
            return text + (0..<100_000).flatMap { _ in call }
        }
        // Deep and endless programs.
        for bytes in [
            repeated("_codecs\nencode", [0x68, 0, 0x86]), repeated("numpy\ndtype", [0x85]),
            [UInt8](repeating: 0x85, count: 100), [0x29] + [UInt8](repeating: 0x85, count: 100_000),
            [UInt8](repeating: 0x5D, count: 200_000) + [UInt8](repeating: 0x61, count: 200_000),
            // Dictionaries in tuples in dictionaries.
            [0x7D]
                + Array(repeatElement([0x85, 0x71, 0, 0x7D, 0x4E, 0x68, 0, 0x73], count: 100_000).joined()),
        ] {
            try folder.write([0x80, 2] + bytes + [0x2E], to: path)
            #expect(throws: DataError.self) {
                try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
            }
        }
    }

    @Test("a folder with another set says which it is")
    func otherSets() throws {
        let folder = try TemporaryDataFolder()
        try folder.writeClasses(["a", "b"])
        let (mnist, ten) = (try BinarySetsTests.mnist(), try BinarySetsTests.cifar())
        func use(_ kind: ImageSetKind, _ folder: TemporaryDataFolder) throws -> String? {
            let error = #expect(throws: DataError.self) {
                try kind.source(at: folder.path + "/").load(ImageLoadOptions(side: 4))
            }
            if case .wrongSet(_, _, let use) = error { return use } else { return nil }
        }
        for kind in [ImageSetKind.cifar10, .cifar100, .idx] {
            #expect(try use(kind, folder) == "image-folder")
        }
        for kind in [ImageSetKind.cifar10, .cifar100, .imageFolder] { #expect(try use(kind, mnist) == "idx") }
        for kind in [ImageSetKind.cifar100, .idx, .imageFolder] { #expect(try use(kind, ten) == "cifar10") }
    }

    // MARK: The MNIST family

    @Test(
        "the files of the MNIST family are found under their usual names",
        arguments: [
            ("", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte", ""),
            ("", "train-images.idx3-ubyte", "t10k-images.idx3-ubyte", ""),
            ("raw/", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte", ""),
            ("MNIST/raw/", "train-images-idx3-ubyte", "t10k-images-idx3-ubyte", ""),
            (
                "", "train-images-idx3-ubyte/train-images-idx3-ubyte",
                "t10k-images-idx3-ubyte/t10k-images-idx3-ubyte", ""
            ),
            ("", "qmnist-train-images-idx3-ubyte", "qmnist-test-images-idx3-ubyte", ""),
            ("gzip/", "emnist-digits-train-images-idx3-ubyte", "emnist-digits-test-images-idx3-ubyte", ""),
            (
                "", "emnist-digits-train-images-idx3-ubyte", "emnist-digits-test-images-idx3-ubyte",
                "/emnist-digits"
            ),
        ])
    func usualNames(sub: String, train: String, test: String, path: String) throws {
        let folder = try TemporaryDataFolder()
        for images in [train, test] {
            let labels = images.replacingOccurrences(of: "images", with: "labels").replacingOccurrences(
                of: "idx3", with: "idx1")
            try folder.write(BinarySetsTests.idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), to: sub + images)
            try folder.write(BinarySetsTests.idx([2], [0, 1]), to: sub + labels)
        }
        let loaded = try IDXFiles(path: folder.path + path).load(ImageLoadOptions(side: 2))
        #expect(loaded.train.labels == [0, 1] && loaded.test.count == 2)
        // EMNIST's are stored with rows and columns exchanged.
        let isEMNIST = train.contains("emnist")
        #expect(Array(loaded.train.image(at: 0).prefix(4)) == (isEMNIST ? [1, 3, 2, 4] : [1, 2, 3, 4]))
        #expect(loaded.notices.contains { "\($0)".contains("turned upright") } == isEMNIST)
        #expect(
            loaded.notices.contains {
                "\($0)".hasPrefix("warning: prompts call 2 classes by number ('0', '1')")
            })
    }

    @Test("a folder with the sets of several libraries names them; one set further down is said")
    func severalFolders() throws {
        let folder = try TemporaryDataFolder()
        func write(_ place: String) throws {
            for split in ["train", "t10k"] {
                let images = BinarySetsTests.idx([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
                try folder.write(images, to: "\(place)/\(split)-images-idx3-ubyte")
                try folder.write(BinarySetsTests.idx([2], [0, 1]), to: "\(place)/\(split)-labels-idx1-ubyte")
            }
        }
        try write("FashionMNIST/raw")
        let source = IDXFiles(path: folder.path)
        let loaded = try source.load(ImageLoadOptions(side: 2))
        #expect(
            DataLayoutTests.notices(loaded, in: folder).contains {
                $0.hasSuffix("the data set is read from FashionMNIST/raw")
            })
        try write("MNIST/raw")
        #expect(
            throws: DataError.severalSets(path: folder.path, prefixes: ["MNIST/raw", "FashionMNIST/raw"])
        ) { try source.load(ImageLoadOptions(side: 2)) }
        // What stands in the folder itself is meant.
        try write(".")
        #expect(try source.load(ImageLoadOptions(side: 2)).train.count == 2)
    }

    @Test("QMNIST's labels are the first of eight numbers")
    func qmnist() throws {
        let folder = try TemporaryDataFolder()
        var rows: [UInt8] = [0, 0, 0x0C, 2, 0, 0, 0, 2, 0, 0, 0, 8]
        for label in [3, 1] as [UInt8] { rows += [0, 0, 0, label] + [UInt8](repeating: 9, count: 28) }
        func load(_ labels: [UInt8]) throws -> LoadedImages {
            for split in ["train", "test"] {
                let stem = "QMNIST/raw/qmnist-\(split)"
                try folder.write(BinarySetsTests.idx([2, 1, 1], [7, 8]), to: "\(stem)-images-idx3-ubyte")
                try folder.write(labels, to: "\(stem)-labels-idx2-int")
            }
            return try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 2))
        }
        #expect(try load(rows).train.labels == [3, 1])
        var large = rows
        large[14] = 1
        var many = rows
        many[8] = 0xFF
        for bytes in [[], Array(rows.dropLast()), rows + [0], Array(rows.prefix(12)), large, many] {
            #expect(throws: DataError.self) { try load(bytes) }
        }
    }

    @Test("EMNIST: letters count from 0, characters are from the mapping, several sets are told apart")
    func emnist() throws {
        let folder = try TemporaryDataFolder()
        for (set, labels) in [("letters", [1, 2, 26] as [UInt8]), ("balanced", [0, 10, 36])] {
            for split in ["train", "test"] {
                let images = BinarySetsTests.idx([3, 2, 2], [UInt8](repeating: 9, count: 12))
                try folder.write(images, to: "emnist-\(set)-\(split)-images-idx3-ubyte")
                try folder.write(
                    BinarySetsTests.idx([3], labels), to: "emnist-\(set)-\(split)-labels-idx1-ubyte")
            }
        }
        try folder.write(
            (1...26).map { "\($0) \($0 + 64) \($0 + 96)\r\n" }.joined(), to: "emnist-letters-mapping.txt")
        try folder.write("0 48\n10 65\n36 97\n", to: "emnist-balanced-mapping.txt")
        let letters = try IDXFiles(path: folder.path + "/emnist-letters").load(ImageLoadOptions(side: 2))
        #expect(letters.train.labels == [0, 1, 25])
        #expect(
            letters.train.classNames.count == 26
                && [0, 25].map { letters.train.classNames[$0] } == ["A", "Z"])
        #expect(!letters.notices.contains { $0.isAboutPrompts })
        let balanced = try IDXFiles(path: folder.path + "/emnist-balanced").load(ImageLoadOptions(side: 2))
        #expect(
            balanced.train.labels == [0, 10, 36]
                && [0, 10, 36].map { balanced.train.classNames[$0] } == ["0", "A", "a"])
        #expect(
            throws: DataError.severalSets(path: folder.path, prefixes: ["emnist-balanced", "emnist-letters"])
        ) {
            try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 2))
        }
        #expect(throws: DataError.missingFolder(path: folder.path + "/emnist-digits")) {
            try IDXFiles(path: folder.path + "/emnist-digits").load(ImageLoadOptions(side: 2))
        }
    }

    @Test("files in gzip are unpacked; damaged, cut and too long ones are errors")
    func gzip() throws {
        let folder = try BinarySetsTests.mnist()
        let expected = try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        let name = "train-images-idx3-ubyte"
        let tool = Process()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        tool.arguments = ["gzip", "\(folder.path)/\(name)", "\(folder.path)/t10k-labels-idx1-ubyte"]
        try tool.run()
        tool.waitUntilExit()
        try #require(tool.terminationStatus == 0)
        let loaded = try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        #expect(loaded.train.pixels == expected.train.pixels && loaded.test.labels == expected.test.labels)
        let packed = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name).gz")))
        for length in 0..<packed.count - 8 {
            try folder.write(Array(packed.prefix(length)), to: name + ".gz")
            #expect(throws: DataError.self) {
                try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
            }
        }
        try folder.write(packed + packed, to: name + ".gz")
        let error = #expect(throws: DataError.self) {
            try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        }
        #expect(error.map { "\($0)".hasSuffix("49 bytes of values for dimensions [3, 4, 4]") } == true)
    }

    @Test("a header that claims more than the file holds takes no memory; names in thousands are an error")
    func lyingHeaders() throws {
        let folder = try BinarySetsTests.mnist()
        let images = "train-images-idx3-ubyte"
        let header = BinarySetsTests.idx([3, 30_000, 30_000], [])
        try folder.write(header, to: images)
        // A file that is as long as it claims, and has nothing in it.
        #expect(truncate(folder.path + "/" + images, off_t(header.count + 3 * 900_000_000)) == 0)
        let error = #expect(throws: DataError.self) {
            try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        }
        #expect(
            error.map { "\($0)".hasSuffix("2700000000 bytes of values; at most 1073741824 are read") } == true
        )
        try folder.write(BinarySetsTests.idx([1, 10_000, 10_000], []), to: images)
        #expect(truncate(folder.path + "/" + images, 16 + 100_000_000) == 0)
        let large = #expect(throws: DataError.self) {
            try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        }
        #expect(
            large.map { "\($0)".hasSuffix("images of 10000 x 10000 pixels; at most 64000000 are read") }
                == true)
        try folder.write(BinarySetsTests.idx([3, 4, 4], [UInt8](repeating: 0, count: 48)), to: images)
        try folder.write((0..<100_000).map { "name\($0)\n" }.joined(), to: "class-names.txt")
        let names = folder.path + "/class-names.txt"
        #expect(throws: DataError.classNameCount(path: names, found: 100_000, classes: 3)) {
            try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
        }
    }
}
