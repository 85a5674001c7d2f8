import Models
import Testing

@Suite("Binary data sets")
struct BinarySetsTests {
    static let names = "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"

    /// A record whose planes hold 10 · label + channel.
    static func record(_ label: UInt8) -> [UInt8] {
        [label] + (0..<3).flatMap { [UInt8](repeating: label &* 10 &+ UInt8($0), count: 1_024) }
    }

    static func cifar(in sub: String = "") throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        try folder.write(names, to: sub + "batches.meta.txt")
        for batch in 1...5 {
            try folder.write(record(UInt8(batch)) + record(9), to: sub + "data_batch_\(batch).bin")
        }
        try folder.write(record(0), to: sub + "test_batch.bin")
        return folder
    }

    @Test(
        "CIFAR-10 batches are read in order, here or in the folder of the archive",
        arguments: ["", "cifar-10-batches-bin/"])
    func cifar(sub: String) throws {
        let folder = try Self.cifar(in: sub)
        let loaded = try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
        #expect(loaded.train.labels == [1, 9, 2, 9, 3, 9, 4, 9, 5, 9] && loaded.test.labels == [0])
        #expect(loaded.train.classNames.count == 10 && loaded.train.classNames[9] == "truck")
        #expect([0, 1_024, 2_048].map { Array(loaded.train.image(at: 2))[$0] } == [20, 21, 22])
    }

    @Test("binary images are limited per class and resized")
    func limitAndSize() throws {
        let folder = try Self.cifar()
        let options = ImageLoadOptions(side: 8, trainPerClass: 2, workers: 2)
        let set = try CIFARBatches(path: folder.path).load(options).train
        #expect(set.labels == [1, 9, 2, 9, 3, 4, 5] && set.side == 8)
        #expect(Array(set.image(at: 4)) == [30, 31, 32].flatMap { [UInt8](repeating: $0, count: 64) })
    }

    @Test("CIFAR-10 files of a wrong length, with wrong labels or names, or missing, are errors")
    func cifarErrors() throws {
        let folder = try Self.cifar()
        func error() throws -> String {
            let thrown = #expect(throws: DataError.self) {
                try CIFARBatches(path: folder.path).load(ImageLoadOptions(side: 32))
            }
            return "\(try #require(thrown))"
        }
        try folder.write(Self.record(3) + Self.record(10), to: "data_batch_2.bin")
        #expect(
            try error() == "\(folder.path)/data_batch_2.bin: record 1 has label 10; labels run from 0 to 9")
        for length in [0, 1, 3_072, 3_074, 6_145] {
            try folder.write([UInt8](repeating: 0, count: length), to: "data_batch_2.bin")
            let text = "data_batch_2.bin: \(length) bytes; whole records of 3073 bytes are needed"
            #expect(try error() == "\(folder.path)/\(text)")
        }
        try folder.remove("data_batch_2.bin")
        #expect(try error() == "\(folder.path): nothing called 'data_batch_2.bin' in this folder")
        try folder.write("cat\ndog\n", to: "batches.meta.txt")
        #expect(try error() == "\(folder.path)/batches.meta.txt: 2 class names; 10 are needed")
    }

    /// An idx file of unsigned bytes.
    static func idx(_ shape: [Int], _ values: [UInt8]) -> [UInt8] {
        [0, 0, 8, UInt8(shape.count)]
            + shape.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } } + values
    }

    static func mnist(rows: Int = 4, columns: Int = 4) throws -> TemporaryDataFolder {
        let folder = try TemporaryDataFolder()
        let pixels = (0..<3).flatMap { [UInt8](repeating: UInt8(50 * $0), count: rows * columns) }
        for prefix in ["train", "t10k"] {
            try folder.write(idx([3, rows, columns], pixels), to: "\(prefix)-images-idx3-ubyte")
            try folder.write(idx([3], [0, 2, 1]), to: "\(prefix)-labels-idx1-ubyte")
        }
        return folder
    }

    @Test(
        "idx images become RGB of the wanted side; classes are digits or the names of a list",
        arguments: [
            (4, 4, 4), (4, 4, 7), (4, 6, 4), (28, 20, 8),
        ])
    func idxImages(rows: Int, columns: Int, side: Int) throws {
        let folder = try Self.mnist(rows: rows, columns: columns)
        let set = try IDXFiles(path: folder.path).load(ImageLoadOptions(side: side)).train
        #expect(set.classNames == ["0", "1", "2"] && set.labels == [0, 2, 1] && set.side == side)
        #expect(Array(set.image(at: 1)) == [UInt8](repeating: 50, count: 3 * side * side))
        try folder.write("T-shirt\nTrouser\nPullover\n", to: "class-names.txt")
        let named = try IDXFiles(path: folder.path).load(ImageLoadOptions(side: side)).train
        #expect(named.classNames == ["T-shirt", "Trouser", "Pullover"])
        try folder.write("0 T-shirt\n1 Trouser\n2 Pullover\n", to: "class-names.txt")
        let numbered = try IDXFiles(path: folder.path).load(ImageLoadOptions(side: side)).train
        #expect(numbered.classNames == named.classNames)
    }

    @Test("idx files that are compressed, cut, oversized or inconsistent are errors")
    func idxErrors() throws {
        let folder = try Self.mnist()
        let (images, labels) = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
        func error() throws -> String {
            let thrown = #expect(throws: DataError.self) {
                try IDXFiles(path: folder.path).load(ImageLoadOptions(side: 4))
            }
            return "\(try #require(thrown))".replacingOccurrences(of: folder.path + "/", with: "")
        }
        let good = Self.idx([3, 4, 4], [UInt8](repeating: 0, count: 48))
        for length in 0..<16 {
            try folder.write(Array(good.prefix(length)), to: images)
            #expect(try error() == "\(images): no idx file of unsigned bytes with 3 dimension(s)")
        }
        for length in [16, 17, 63] {
            try folder.write(Array(good.prefix(length)), to: images)
            #expect(try error() == "\(images): \(length - 16) bytes of values for dimensions [3, 4, 4]")
        }
        for shape in [[3, 4, 5], [3, 4, 3], [0, 4, 4], [3, 0, 0], [.max >> 31, .max >> 31, .max >> 31]] {
            try folder.write(Self.idx(shape, [UInt8](repeating: 0, count: 48)), to: images)
            #expect(try error() == "\(images): 48 bytes of values for dimensions \(shape)")
        }
        try folder.write(Self.idx([2, 4, 4], [UInt8](repeating: 0, count: 32)), to: images)
        #expect(try error() == "\(labels): 3 labels for 2 images of the same split")
        try folder.write(good, to: images)
        try folder.write(Self.idx([3], [0, 0, 0]), to: labels)
        #expect(try error().contains("1 class ('0'); at least 2 are needed"))
        try folder.write("a\nb\n", to: "class-names.txt")
        #expect(try error() == "t10k-labels-idx1-ubyte: record 1 has label 2; labels run from 0 to 1")
        try folder.remove(images)
        try folder.write([0x1F, 0x8B], to: images + ".gz")
        #expect(try error() == "\(images).gz: a file of gzip that ends too early")
        let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 47040016\n"
        let sentence = "a git-lfs pointer, not the file itself; 'git lfs pull' in its folder fetches it"
        try folder.write(pointer, to: images + ".gz")
        #expect(try error() == "\(images).gz: \(sentence)")
        try folder.write(pointer, to: images)
        #expect(try error() == "\(images): \(sentence)")
        try folder.remove(images)
        let batches = try Self.cifar()
        try batches.write(pointer, to: "data_batch_1.bin")
        let thrown = #expect(throws: DataError.self) {
            try CIFARBatches(path: batches.path).load(ImageLoadOptions(side: 32))
        }
        #expect("\(try #require(thrown))".hasSuffix("data_batch_1.bin: \(sentence)"))
        try folder.remove(images + ".gz")
        #expect(try error().hasSuffix("nothing called '\(images)' or '\(images).gz' in this folder"))
    }
}
