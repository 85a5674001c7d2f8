/// What can be wrong with a data set on disk or with a partition that a scenario asks for.
///
/// `DataError+Description.swift` holds the sentence of every case.
public enum DataError: Error, Sendable, Hashable {
    /// `path` is not a folder that exists.
    case missingFolder(path: String)
    /// None of the sub-folders or files `allowed` stands in `path`.
    case missingEntry(path: String, allowed: [String])
    /// `path` holds fewer than two classes.
    case tooFewClasses(path: String, found: [String])
    /// The class folder `path` has no JPEG or PNG file that can be used; `seen` says what there is instead.
    case emptyClass(path: String, seen: String? = nil)
    /// The class called `name` has no image in the file `path`; `seen` says why, where that is known.
    case classWithoutImages(path: String, name: String, seen: String? = nil)
    /// The classes of `path` are not those of the training set.
    case classMismatch(path: String, missing: [String], unexpected: [String])
    /// A scenario asks for classes that `path` does not have.
    case unknownClasses(path: String, names: [String])
    /// The images of `path` have no labels: neither class folders nor a list that is known.
    case unlabelled(path: String)
    /// The domain folder `path` has no classes.
    case noDomain(path: String)
    /// What a set consists of is not in the folder but in folders below it.
    case below(path: String, content: FolderContent, places: [String])
    /// `path` holds classes where domains are needed.
    case classesNotDomains(path: String)
    /// The folder `path` holds the data set `found`, which another value of `data.set` reads.
    case wrongSet(path: String, found: String, use: String)
    /// The folder `path` holds an archive that has not been unpacked.
    case packed(path: String, archive: String)
    /// A class has too few images to split into training and test images.
    case tooFewToSplit(path: String, images: Int)
    /// There are more class folders than `limit`.
    case tooManyClasses(path: String, found: Int, limit: Int)
    /// The folder `path` has more entries than `limit`.
    case tooManyEntries(path: String, limit: Int)
    /// The images would take `bytes` of memory, more than the `available` ones.
    case tooMuchMemory(images: Int, side: Int, bytes: Int, available: Int)
    /// Images are left out because of what they are; thrown in strict mode.
    case leftOut([LeftOutFiles.Group])
    /// `path` gives names to `found` classes, but there are `classes`.
    case classNameCount(path: String, found: Int, classes: Int)
    /// Names are given to classes that do not exist.
    case unknownNamedClasses([String])
    /// A class name that is not allowed in prompts.
    case unusableName(String)
    /// The folder `path` holds several sets of idx files, with these beginnings.
    case severalSets(path: String, prefixes: [String])
    /// The operating system could not read `path`.
    case fileAccess(path: String, reason: String)
    /// The operating system could not write or make `path`.
    case unwritable(path: String, reason: String)
    /// The image file `path` cannot be decoded.
    case undecodable(path: String, reason: ImageCodecError)
    /// An image of a data set that is read strictly cannot be decoded.
    case notSkipped(path: String, reason: ImageCodecError)
    /// The content of `path` is not in its format; `line` counts from 1.
    case malformed(path: String, line: Int?, reason: String)
    /// Record number `record`, from 0, of `path` has a label outside `0..<classes`.
    case labelOutOfRange(path: String, record: Int, label: Int, classes: Int)
    /// The Dirichlet concentration is zero, negative, infinite or not a number.
    case invalidBeta(Double)
    /// A partition among `clients` clients: at least one is needed.
    case noClients(Int)
    /// There are fewer images than clients, or than `minimum` for every client.
    case tooFewImages(images: Int, clients: Int, minimum: Int)
    /// There are fewer clients than domains, so images of a domain would be left out.
    case tooFewClients(clients: Int, domains: Int)
    /// A domain has fewer images than clients share it.
    case tooFewDomainImages(domain: Int, images: Int, clients: Int)
    /// Clients of so many classes each cannot be made, or would leave out a class.
    case impossibleClasses(perClient: Int, clients: Int, classes: Int)
    /// A class has fewer images than clients share it.
    case tooFewClassImages(label: Int, images: Int, clients: Int)
    /// No draw gave every client `minimum` images; the best one gave the smallest client `smallest`.
    case unreachableMinimum(beta: Double, clients: Int, minimum: Int, smallest: Int, attempts: Int)

    /// Natural clients are asked for, and nothing says whose the images are.
    case noOwners
    /// Of `all` owners, `owners` have `minimum` images or more, fewer than there are clients.
    case tooFewOwners(clients: Int, owners: Int, all: Int, minimum: Int)

    /// Whether something cannot be read (exit code 74), rather than what the scenario asks for being at fault
    /// (65).
    public var isFileAccess: Bool {
        switch self {
        case .missingFolder, .fileAccess: true
        default: false
        }
    }

    /// Whether something cannot be written (exit code 73).
    public var isUnwritable: Bool {
        if case .unwritable = self { true } else { false }
    }
}

/// Why bytes are not an image, or an image cannot become bytes.
public enum ImageCodecError: Error, Sendable, Hashable {
    /// The first bytes are neither those of JPEG nor those of PNG.
    case unknownFormat
    /// The first bytes are those of something else, in words: "a WebP file".
    case otherFormat(String)
    /// The header declares `width` × `height` pixels, above `ImageCodec.maximumPixels`.
    case tooLarge(width: Int, height: Int)
    /// The decoder of `format` gave up; `reason` is its own text.
    case damaged(format: ImageFormat, reason: String)
    /// The encoder of `format` gave up; `reason` is its own text.
    case notEncoded(format: ImageFormat, reason: String)
}
