import Models
import Testing

@Suite("Sentences of data errors")
struct DataErrorTests {
    static let sentences: [(DataError, String)] = [
        (.missingFolder(path: "/photos"), "/photos: no such folder; 'path' names a folder of images"),
        (
            .missingEntry(path: "/photos", allowed: ["test", "val"]),
            "/photos: nothing called 'test' or 'val' in this folder"
        ),
        (
            .tooFewClasses(path: "/photos/train", found: ["cat"]),
            "/photos/train: 1 class ('cat'); at least 2 are needed, one folder per class"
        ),
        (
            .tooFewClasses(path: "/photos/train", found: []),
            "/photos/train: 0 classes (none); at least 2 are needed, one folder per class"
        ),
        (
            .emptyClass(path: "/photos/train/cat"),
            "/photos/train/cat: no usable image; a class folder needs at least one .jpg, .jpeg or .png file"
        ),
        (
            .classWithoutImages(path: "/real_train.txt", name: "axe"),
            "/real_train.txt: no image of class 'axe'; every class needs at least one"
        ),
        (
            .classMismatch(path: "/photos/test", missing: ["cat"], unexpected: []),
            "/photos/test: its classes differ from those of the training set: 'cat' missing, "
                + "none unexpected; both must have the same class folders"
        ),
        (
            .unknownClasses(path: "/photos/train", names: ["a", "b", "c", "d", "e", "f", "g"]),
            "/photos/train: no class called 'a', 'b', 'c', 'd', 'e' and 2 more; "
                + "'classes' lists names of class folders"
        ),
        (
            .fileAccess(path: "/a.png", reason: "cannot be read: no permission"),
            "/a.png: cannot be read: no permission"
        ),
        (
            .unwritable(path: "/a.png", reason: "no permission"),
            "/a.png: cannot be written: no permission"
        ),
        (
            .undecodable(path: "/a.png", reason: .unknownFormat),
            "/a.png: neither a JPEG nor a PNG file; without 'strict' such files are skipped and counted"
        ),
        (
            .undecodable(path: "/a.png", reason: .tooLarge(width: 90_000, height: 80_000)),
            "/a.png: declares 90000 x 80000 pixels; at most 64000000 pixels are decoded; "
                + "without 'strict' such files are skipped and counted"
        ),
        (
            .undecodable(
                path: "/a.jpg", reason: .damaged(format: .jpeg, reason: "Premature end of JPEG file")),
            "/a.jpg: damaged JPEG file (Premature end of JPEG file); "
                + "without 'strict' such files are skipped and counted"
        ),
        (.compressed(path: "/x.gz"), "/x.gz: compressed files are not read; unpack it with 'gunzip' first"),
        (.malformed(path: "/list.txt", line: 7, reason: "nonsense"), "/list.txt:7: nonsense"),
        (.malformed(path: "/x.bin", line: nil, reason: "nonsense"), "/x.bin: nonsense"),
        (
            .labelOutOfRange(path: "/x.bin", record: 3, label: 12, classes: 10),
            "/x.bin: record 3 has label 12; labels run from 0 to 9"
        ),
        (.invalidBeta(0), "partition: beta is 0.0; a finite number above 0 is needed"),
        (.noClients(0), "partition: 0 clients; at least 1 is needed"),
        (
            .tooFewImages(images: 20, clients: 30, minimum: 1),
            "partition: 20 images for 30 clients with at least 1 each; take more images or fewer clients"
        ),
        (
            .tooFewClients(clients: 5, domains: 6),
            "partition: 5 clients for 6 domains; at least one client per domain is needed"
        ),
        (
            .tooFewDomainImages(domain: 2, images: 1, clients: 3),
            "partition: domain 2 has 1 images for its 3 clients; at least one each is needed"
        ),
        (
            .unreachableMinimum(beta: 0.01, clients: 100, minimum: 10, smallest: 0, attempts: 1_000),
            "partition: with beta 0.01 no draw of 1000 gave each of 100 clients 10 images (best: 0); "
                + "raise beta, lower the minimum or take fewer clients"
        ),
    ]

    @Test("each is one line: what, where, what is allowed", arguments: sentences)
    func sentence(error: DataError, expected: String) {
        #expect(error.description == expected)
        #expect(!error.description.contains("\n"))
    }

    @Test("errors of the disk are told from errors of the scenario")
    func exitCodes() {
        #expect(DataError.missingFolder(path: "/x").isFileAccess)
        #expect(DataError.fileAccess(path: "/x", reason: "").isFileAccess)
        #expect(!DataError.tooFewClasses(path: "/x", found: []).isFileAccess)
        #expect(!DataError.invalidBeta(0).isFileAccess)
        let unwritable = DataError.unwritable(path: "/x", reason: "")
        #expect(unwritable.isUnwritable && !unwritable.isFileAccess)
    }
}
