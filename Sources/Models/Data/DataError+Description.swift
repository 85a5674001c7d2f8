extension DataError: CustomStringConvertible {
    /// One line: what is wrong, where, and what is allowed.
    public var description: String {
        switch self {
        case .missingFolder, .missingEntry, .tooFewClasses, .emptyClass, .classWithoutImages, .classMismatch,
            .unknownClasses:
            folderSentence
        case .fileAccess, .unwritable, .undecodable, .compressed, .malformed, .labelOutOfRange:
            fileSentence
        case .invalidBeta, .noClients, .tooFewImages, .tooFewClients, .tooFewDomainImages,
            .unreachableMinimum:
            partitionSentence
        }
    }

    private var folderSentence: String {
        switch self {
        case .missingFolder(let path):
            "\(path): no such folder; 'path' names a folder of images"
        case .missingEntry(let path, let allowed):
            "\(path): nothing called \(listed(allowed, joinedBy: " or ")) in this folder"
        case .tooFewClasses(let path, let found):
            "\(path): \(found.count) class\(found.count == 1 ? "" : "es") (\(listed(found))); "
                + "at least 2 are needed, one folder per class"
        case .emptyClass(let path):
            "\(path): no usable image; a class folder needs at least one .jpg, .jpeg or .png file"
        case .classWithoutImages(let path, let name):
            "\(path): no image of class '\(name)'; every class needs at least one"
        case .classMismatch(let path, let missing, let unexpected):
            "\(path): its classes differ from those of the training set: \(listed(missing)) missing, "
                + "\(listed(unexpected)) unexpected; both must have the same class folders"
        case .unknownClasses(let path, let names):
            "\(path): no class called \(listed(names)); 'classes' lists names of class folders"
        default:
            preconditionFailure("no folder error: \(self)")
        }
    }

    private var fileSentence: String {
        switch self {
        case .fileAccess(let path, let reason):
            "\(path): \(reason)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        case .undecodable(let path, let reason):
            "\(path): \(reason); without 'strict' such files are skipped and counted"
        case .compressed(let path):
            "\(path): compressed files are not read; unpack it with 'gunzip' first"
        case .malformed(let path, let line, let reason):
            "\(path)\(line.map { ":\($0)" } ?? ""): \(reason)"
        case .labelOutOfRange(let path, let record, let label, let classes):
            "\(path): record \(record) has label \(label); labels run from 0 to \(classes - 1)"
        default:
            preconditionFailure("no file error: \(self)")
        }
    }

    private var partitionSentence: String {
        switch self {
        case .invalidBeta(let beta):
            "partition: beta is \(beta); a finite number above 0 is needed"
        case .noClients(let clients):
            "partition: \(clients) clients; at least 1 is needed"
        case .tooFewImages(let images, let clients, let minimum):
            "partition: \(images) images for \(clients) clients with at least \(minimum) each; "
                + "take more images or fewer clients"
        case .tooFewClients(let clients, let domains):
            "partition: \(clients) clients for \(domains) domains; at least one client per domain is needed"
        case .tooFewDomainImages(let domain, let images, let clients):
            "partition: domain \(domain) has \(images) images for its \(clients) clients; "
                + "at least one each is needed"
        case .unreachableMinimum(let beta, let clients, let minimum, let smallest, let attempts):
            "partition: with beta \(beta) no draw of \(attempts) gave each of \(clients) clients "
                + "\(minimum) images (best: \(smallest)); "
                + "raise beta, lower the minimum or take fewer clients"
        default:
            preconditionFailure("no partition error: \(self)")
        }
    }

    /// At most five names in quotes, then how many more there are.
    private func listed(_ names: [String], joinedBy separator: String = ", ") -> String {
        guard !names.isEmpty else { return "none" }
        let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: separator)
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }
}

extension ImageCodecError: CustomStringConvertible {
    /// The reason as a clause that follows a file name.
    public var description: String {
        switch self {
        case .unknownFormat:
            "neither a JPEG nor a PNG file"
        case .tooLarge(let width, let height):
            "declares \(width) x \(height) pixels; at most \(ImageCodec.maximumPixels) pixels are decoded"
        case .damaged(let format, let reason):
            "damaged \(format.rawValue) file (\(reason))"
        case .notEncoded(let format, let reason):
            "not encoded as \(format.rawValue) (\(reason))"
        }
    }
}
