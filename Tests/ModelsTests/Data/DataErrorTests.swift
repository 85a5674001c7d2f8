import Models
import Testing

@Suite("Sentences of data errors")
struct DataErrorTests {
    static let sentences: [(DataError, String)] = [
        (.missingFolder(path: "/photos"), "/photos: no such folder; 'path' names a folder of images"),
        (
            .missingEntry(path: "/photos", allowed: ["test", "val"]),
            "/photos: nothing called 'test' or 'val' in this folder; without one, data.test-fraction draws a "
                + "test set from the training images"
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
            .emptyClass(path: "/photos/train/cat", seen: "2 files"),
            "/photos/train/cat: no usable image; a class folder needs at least one .jpg, .jpeg or .png file; "
                + "2 files"
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
            .undecodable(path: "/a.png", reason: .unknownFormat), "/a.png: neither a JPEG nor a PNG file"
        ),
        (
            .notSkipped(path: "/a.png", reason: .unknownFormat),
            "/a.png: neither a JPEG nor a PNG file; without 'strict' such files are skipped and counted"
        ),
        (
            .undecodable(path: "/a.png", reason: .tooLarge(width: 90_000, height: 80_000)),
            "/a.png: declares 90000 x 80000 pixels; at most 64000000 pixels are decoded"
        ),
        (
            .undecodable(
                path: "/a.jpg", reason: .damaged(format: .jpeg, reason: "Premature end of JPEG file")),
            "/a.jpg: damaged JPEG file (Premature end of JPEG file)"
        ),
        (
            .unlabelled(path: "/photos/test"),
            "/photos/test: no class folders, so no labels; a test set is test/<class>/ or val/<class>/, or "
                + "has the "
                + "list val_annotations.txt (Tiny ImageNet) or LOC_val_solution.csv (ImageNet), or is drawn "
                + "from "
                + "train/ with data.test-fraction"
        ),
        (
            .below(path: "/cub", content: .classFolders, places: ["/cub/images"]),
            "/cub: class folders are not in this folder; data.path may name /cub/images, where some are"
        ),
        (
            .below(path: "/pacs", content: .domains, places: ["/pacs/a", "/pacs/b"]),
            "/pacs: folders of domains are not in this folder; data.path may name /pacs/a or /pacs/b, where "
                + "some are"
        ),
        (
            .noDomain(path: "/pacs/docs"),
            "/pacs/docs: no domain: it has neither class folders nor train/; take it away"
        ),
        (
            .classesNotDomains(path: "/photos"),
            "/photos: class folders with images, no domains; take data.set: image-folder, or the folder above"
        ),
        (
            .wrongSet(path: "/data", found: "CIFAR-100", use: "cifar100"),
            "/data: this is CIFAR-100; use data.set: cifar100"
        ),
        (.packed(path: "/data", archive: "a.zip"), "/data: a.zip is an archive; unpack it first"),
        (
            .tooFewToSplit(path: "/photos/cat", images: 1),
            "/photos/cat: 1 image; a class without a split of its own needs at least 2, to train and to test"
        ),
        (
            .tooManyClasses(path: "/x", found: 30_000, limit: 25_000),
            "/x: 30000 classes; at most 25000 are read"
        ),
        (.tooManyEntries(path: "/x", limit: 5), "/x: more than 5 files in one folder"),
        (
            .tooMuchMemory(images: 9, side: 32, bytes: 27_648 << 20, available: 1 << 30),
            "9 images of 32 x 32 pixels take 27648 MiB of memory, of 1024 MiB; allowed: fewer images "
                + "(data.train-per-class, data.test-per-class) or a smaller data.side"
        ),
        (
            .classNameCount(path: "/names.txt", found: 3, classes: 2),
            "/names.txt: 3 names for 2 classes; allowed: a name a line for each class in order, or a line "
                + "'id name' "
                + "for each, where id is its folder or label"
        ),
        (
            .unknownNamedClasses(["cat"]),
            "data.class-names: no class is called 'cat'; it gives names to class folders or labels"
        ),
        (
            .unusableName("a\nb"),
            "class 'a\\nb': no name for a prompt; allowed: one line of at most 200 characters, none of "
                + "control; "
                + "give another one with data.class-names"
        ),
        (
            .severalSets(path: "/emnist", prefixes: ["emnist-digits", "emnist-letters"]),
            "/emnist: several sets of idx files; allowed data.path: /emnist/emnist-digits, "
                + "/emnist/emnist-letters"
        ),
        (
            .undecodable(path: "/a.jpg", reason: .otherFormat("a WebP file")),
            "/a.jpg: a WebP file, neither a JPEG nor a PNG file"
        ),
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
            .impossibleClasses(perClient: 3, clients: 2, classes: 10),
            "partition: 2 clients with 3 of 10 classes each; at most 10 each, and enough clients that "
                + "every class has one, are needed"
        ),
        (
            .tooFewClassImages(label: 2, images: 1, clients: 3),
            "partition: class 2 has 1 images for its 3 clients; at least one each is needed"
        ),
        (
            .unreachableMinimum(beta: 0.01, clients: 100, minimum: 10, smallest: 0, attempts: 1_000),
            "partition: with beta 0.01 no draw of 1000 gave each of 100 clients 10 images (best: 0); "
                + "raise beta, lower the minimum or take fewer clients"
        ),
        (
            .noOwners,
            "partition: natural, and the images have no owners; allowed: data.set: leaf, or data.owners.file"
        ),
        (
            .tooFewOwners(clients: 30, owners: 12, all: 15, minimum: 5),
            "partition: 30 clients for 12 owners with at least 5 training images (of 15 owners); allowed: at "
                + "most 12 clients, or fewer data.partition.min-images"
        ),
        (
            .tooFewOwners(clients: 5, owners: 4, all: 4, minimum: 1),
            "partition: 5 clients for 4 owners with at least 1 training images (of 4 owners); allowed: at "
                + "most 4 clients"
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
        // A folder that is there and holds something else is no trouble with reading.
        #expect(!DataError.missingEntry(path: "/x", allowed: []).isFileAccess)
        #expect(!DataError.invalidBeta(0).isFileAccess)
        let unwritable = DataError.unwritable(path: "/x", reason: "")
        #expect(unwritable.isUnwritable && !unwritable.isFileAccess)
    }
}
