import Foundation
import Models
import Testing

@Suite("Synthetic sets on disk")
struct SyntheticSetFolderTests {
    private static func set(perClass: Int = 5) -> ImageSet {
        let photos = ImageWorld.privateSet(perClass: perClass, seed: 4, side: 16)
        return photos.subset(Array(0..<photos.count).filter { photos.labels[$0] < 3 })
    }

    private static func seeds(_ set: ImageSet) -> [UInt64] { (0..<set.count).map { .max - UInt64($0) } }

    @Test("what is written is read back: pixels, labels, prompts, seeds")
    func roundTrip() throws {
        try withTemporaryFolder { path in
            let set = Self.set(), folder = "\(path)/set"
            let written = try SyntheticSetFolder.write(set, seeds: Self.seeds(set), to: folder)
            let read = try SyntheticSetFolder(path: folder)
            #expect(read == written && read.classNames == set.classNames)
            #expect(read.entries.map(\.seed) == Self.seeds(set).map { "\($0)" })
            #expect(
                read.entries[0].file == "train/star/000000.png" && read.entries[0].prompt == set.captions[0])
            let all = try read.images(labels: [0, 1, 2], side: 16)
            #expect(all.pixels == set.pixels && all.labels == set.labels && all.captions == set.captions)
            #expect(try read.images(labels: [1], side: 16).labels == Array(repeating: 1, count: 5))
            #expect(try read.images(labels: [1], side: 8).side == 8)
        }
    }

    @Test("with a test split, the reader of image folders finds every image")
    func imageFolder() throws {
        try withTemporaryFolder { path in
            let set = Self.set()
            let three = ImageSet(
                side: 16, pixels: set.pixels, labels: set.labels,
                classNames: ["A photo of a star", "B: ring?", "c/d"], captions: set.captions)
            try SyntheticSetFolder.write(three, seeds: Self.seeds(set), testEvery: 5, to: path)
            let images = try ImageFolder(path: path).load(ImageLoadOptions(side: 16, isStrict: true))
            #expect(images.train.count == 12 && images.test.count == 3)
            #expect(images.train.classNames == ["A photo of a star", "B  ring ", "c d"])
            let first = (0..<set.count).first { set.labels[$0] == 0 }!
            #expect(Array(images.train.image(at: 0)) == Array(set.image(at: first)))
        }
    }

    @Test("classes whose names become the same have folders of their own")
    func equalNames() throws {
        try withTemporaryFolder { path in
            let set = Self.set(perClass: 1)
            let same = ImageSet(
                side: 16, pixels: set.pixels, labels: set.labels, classNames: ["a b", "a_b", "…"],
                captions: set.captions)
            let folder = try SyntheticSetFolder.write(same, seeds: Self.seeds(set), to: path)
            #expect(Set(folder.entries.map(\.file)).count == 3)
            #expect(try folder.images(labels: [0, 1, 2], side: 16).pixels == set.pixels)
        }
    }

    @Test("an image that is missing, changed or of another size is named")
    func damage() throws {
        try withTemporaryFolder { path in
            let set = Self.set()
            let folder = try SyntheticSetFolder.write(set, seeds: Self.seeds(set), to: path)
            let file = "\(path)/\(folder.entries[1].file)"
            func error() -> DataError? {
                #expect(throws: DataError.self) { try folder.images(labels: [0, 1, 2], side: 16) }
            }
            try ImageCodec.writePNG(
                RGBImage(width: 16, height: 16, planar: set.image(at: 0)), to: file)
            #expect(
                error()
                    == .malformed(path: file, line: nil, reason: "its pixels are not those of the manifest"))
            try ImageCodec.writePNG(RGBImage(width: 1, height: 1, pixels: [1, 2, 3]), to: file)
            #expect(
                error() == .malformed(path: file, line: nil, reason: "1 x 1 pixels; the manifest says 16"))
            try Data("no image".utf8).write(to: URL(filePath: file))
            #expect(error() == .undecodable(path: file, reason: .unknownFormat))
            try FileManager.default.removeItem(atPath: file)
            #expect(error()?.isFileAccess == true)
        }
    }

    @Test(
        "a manifest that is none is refused",
        arguments: [
            "", "[]", "{}", "{\"classes\": [\"a\"], \"side\": 16}",
            "{\"classes\": [\"a\"], \"side\": 0, \"images\": []}",
            "{\"classes\": [\"a\"], \"side\": 1000000000, \"images\": []}",
            // A run would train on nothing.
            "{\"classes\": [\"a\"], \"side\": 16, \"images\": []}",
            """
            {"classes": ["a"], "side": 16, "images": [{"file": "x.png", "label": 1, "prompt": "", "seed": "1",
            "sha256": ""}]}
            """,
            """
            {"classes": ["a"], "side": 16, "images": [{"file": "../x.png", "label": 0, "prompt": "", "seed": \
            "1",
            "sha256": ""}]}
            """,
            """
            {"classes": ["a"], "side": 16, "images": [{"file": "/etc/passwd", "label": 0, "prompt": "", \
            "seed": "1",
            "sha256": ""}]}
            """,
        ])
    func manifests(text: String) throws {
        try withTemporaryFolder { path in
            try Data(text.utf8).write(to: URL(filePath: "\(path)/manifest.json"))
            let error = #expect(throws: DataError.self) { try SyntheticSetFolder(path: path) }
            #expect(error.map { "\($0)".contains("\(path)/manifest.json") && !$0.isFileAccess } == true)
        }
        #expect(throws: DataError.missingFolder(path: "/no/such")) {
            try SyntheticSetFolder(path: "/no/such")
        }
    }
}
