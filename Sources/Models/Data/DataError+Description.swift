import Core

extension DataError: CustomStringConvertible {
    /// One line: what is wrong, where, and what is allowed.
    public var description: String {
        // Names of files and folders are anything.
        TerminalText.line(sentence, limit: 4000)
    }

    private var sentence: String {
        switch self {
        case .missingFolder, .missingEntry, .tooFewClasses, .emptyClass, .classWithoutImages, .classMismatch,
            .unknownClasses, .tooManyClasses, .tooManyEntries, .tooFewToSplit, .classNameCount,
            .unknownNamedClasses, .unusableName:
            folderSentence
        case .unlabelled, .noDomain, .below, .classesNotDomains, .wrongSet, .packed, .severalSets:
            layoutSentence
        case .fileAccess, .unwritable, .undecodable, .notSkipped, .malformed, .labelOutOfRange, .leftOut,
            .tooMuchMemory:
            fileSentence
        case .invalidBeta, .noClients, .tooFewImages, .tooFewClients, .tooFewDomainImages,
            .impossibleClasses, .tooFewClassImages, .unreachableMinimum, .noOwners, .tooFewOwners:
            partitionSentence
        }
    }

    private var folderSentence: String {
        switch self {
        case .missingFolder(let path):
            "\(path): no such folder; 'path' names a folder of images"
        case .missingEntry(let path, let allowed):
            "\(path): nothing called \(listed(allowed, joinedBy: " or ")) in this folder"
                + (allowed == ["test", "val"]
                    ? "; without one, data.test-fraction draws a test set from the training images" : "")
        case .tooFewClasses(let path, let found):
            "\(path): \(found.count) class\(found.count == 1 ? "" : "es") (\(listed(found))); "
                + "at least 2 are needed, one folder per class"
        case .emptyClass(let path, let seen):
            "\(path): no usable image; a class folder needs at least one .jpg, .jpeg or .png file"
                + (seen.map { "; \($0)" } ?? "")
        case .classWithoutImages(let path, let name, let seen):
            "\(path): no image of class '\(name)'; every class needs at least one"
                + (seen.map { "; \($0)" } ?? "")
        case .classMismatch(let path, let missing, let unexpected):
            "\(path): its classes differ from those of the training set: \(listed(missing)) missing, "
                + "\(listed(unexpected)) unexpected; both must have the same class folders"
        case .unknownClasses(let path, let names):
            "\(path): no class called \(listed(names)); 'classes' lists names of class folders"
        case .unusableName(let id):
            "class '\(id)': no name for a prompt; allowed: one line of at most 200 characters, none of "
                + "control; give "
                + "another one with data.class-names"
        case .tooManyClasses(let path, let found, let limit):
            "\(path): \(found) classes; at most \(limit) are read"
        case .tooManyEntries(let path, let limit):
            "\(path): more than \(limit) files in one folder"
        case .tooFewToSplit(let path, let images):
            "\(path): \(images) image\(images == 1 ? "" : "s"); a class without a split of its own needs at "
                + "least 2, "
                + "to train and to test"
        case .classNameCount(let path, let found, let classes):
            "\(path): \(found) names for \(classes) classes; allowed: a name a line for each class in order, "
                + "or a "
                + "line 'id name' for each, where id is its folder or label"
        case .unknownNamedClasses(let names):
            "data.class-names: no class is called \(listed(names)); it gives names to class folders or labels"
        default:
            preconditionFailure("no folder error: \(self)")
        }
    }

    private var layoutSentence: String {
        switch self {
        case .unlabelled(let path):
            "\(path): no class folders, so no labels; a test set is test/<class>/ or val/<class>/, or has "
                + "the list "
                + "val_annotations.txt (Tiny ImageNet) or LOC_val_solution.csv (ImageNet), or is drawn "
                + "from train/ with data.test-fraction"
        case .noDomain(let path):
            "\(path): no domain: it has neither class folders nor train/; take it away"
        case .below(let path, let content, let places):
            "\(path): \(content.words) are not in this folder; data.path may name "
                + "\(places.joined(separator: " or ")), where some are"
        case .classesNotDomains(let path):
            "\(path): class folders with images, no domains; take data.set: image-folder, or the folder above"
        case .wrongSet(let path, let found, let use):
            "\(path): this is \(found); use data.set: \(use)"
        case .packed(let path, let archive):
            "\(path): \(archive) is an archive; unpack it first"
        case .severalSets(let path, let prefixes):
            "\(path): several sets of idx files; allowed data.path: "
                + prefixes.map { "\(path)/\($0)" }.joined(separator: ", ")
        default:
            preconditionFailure("no layout error: \(self)")
        }
    }

    private var fileSentence: String {
        switch self {
        case .fileAccess(let path, let reason):
            "\(path): \(reason)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        case .undecodable(let path, let reason):
            "\(path): \(reason)"
        case .notSkipped(let path, let reason):
            "\(path): \(reason); without 'strict' such files are skipped and counted"
        case .leftOut(let groups):
            "\(LeftOutFiles.sentence(groups)); without 'strict' they are left out and counted"
        case .tooMuchMemory(let images, let side, let bytes, let available):
            "\(images) images of \(side) x \(side) pixels take \(bytes >> 20) MiB of memory, of "
                + "\(available >> 20) MiB; "
                + "allowed: fewer images (data.train-per-class, data.test-per-class) or a smaller data.side"
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
        case .impossibleClasses(let perClient, let clients, let classes):
            "partition: \(clients) clients with \(perClient) of \(classes) classes each; at most "
                + "\(classes) each, and enough clients that every class has one, are needed"
        case .tooFewClassImages(let label, let images, let clients):
            "partition: class \(label) has \(images) images for its \(clients) clients; "
                + "at least one each is needed"
        case .unreachableMinimum(let beta, let clients, let minimum, let smallest, let attempts):
            "partition: with beta \(beta) no draw of \(attempts) gave each of \(clients) clients "
                + "\(minimum) images (best: \(smallest)); "
                + "raise beta, lower the minimum or take fewer clients"
        case .noOwners:
            "partition: natural, and the images have no owners; allowed: data.set: leaf, or data.owners.file"
        case .tooFewOwners(let clients, let owners, let all, let minimum):
            "partition: \(clients) clients for \(owners) owners with at least \(minimum) training images "
                + "(of \(all) owners); allowed: at most \(owners) clients"
                + (minimum > 1 ? ", or fewer data.partition.min-images" : "")
        default:
            preconditionFailure("no partition error: \(self)")
        }
    }
}

extension ImageCodecError: CustomStringConvertible {
    /// The reason as a clause that follows a file name.
    public var description: String {
        switch self {
        case .unknownFormat:
            "neither a JPEG nor a PNG file"
        case .otherFormat(let name):
            "\(name), neither a JPEG nor a PNG file"
        case .tooLarge(let width, let height):
            "declares \(width) x \(height) pixels; at most \(ImageCodec.maximumPixels) pixels are decoded"
        case .damaged(let format, let reason):
            "damaged \(format.rawValue) file (\(reason))"
        case .notEncoded(let format, let reason):
            "not encoded as \(format.rawValue) (\(reason))"
        }
    }
}
