// Sentences of the notices about a data set.

extension DataNotice {
    /// Images could not be decoded.
    static func skipped(_ files: SkippedFiles) -> DataNotice { DataNotice(.warning, "\(files)") }

    /// Images are left out.
    static func imagesLeftOut(_ groups: [LeftOutFiles.Group]) -> DataNotice {
        DataNotice(.warning, LeftOutFiles.sentence(groups))
    }

    /// What other programs have left behind is left out.
    static func leftovers(_ group: LeftOutFiles.Group) -> DataNotice {
        let rest = group.count > 1 ? " and \(group.count - 1) more" : ""
        return DataNotice(.note, "left out what other programs leave behind: \(group.example)\(rest)")
    }

    /// Files that are no images are left out.
    static func otherFiles(_ group: LeftOutFiles.Group) -> DataNotice {
        let noun = group.count == 1 ? "file that is" : "files that are"
        return DataNotice(
            .note, "left out \(group.count) \(noun) not called like an image (\(group.example))")
    }

    /// The data stands further down than the path says.
    static func descended(from path: String, to place: String) -> DataNotice {
        DataNotice(.note, "\(path): the data set is read from \(place)")
    }

    /// A folder for tests has no labels, so another one is the test set.
    static func unlabelledTest(_ path: String, instead other: String) -> DataNotice {
        DataNotice(.note, "\(path): no class folders, so no labels; the test set is \(other)")
    }

    /// There are two folders for tests.
    static func twoTests(_ path: String, instead other: String) -> DataNotice {
        DataNotice(.note, "the test set is \(path); \(other) is left out")
    }

    /// The set has no split, so it is split here.
    static func ownSplit(_ path: String, fraction: Double, train: Int, test: Int) -> DataNotice {
        DataNotice(
            .note,
            "\(path): no split of its own; \(fractionKey) \(fraction) of each class is drawn for the test "
                + "set, the same for every seed: \(train) training and \(test) test images")
    }

    /// The set has no split, so that of its owners' images is split here.
    static func ownSplit(ofOwners path: String, fraction: Double, train: Int, test: Int) -> DataNotice {
        DataNotice(
            .note,
            "\(path): no split of its own; \(fractionKey) \(fraction) of each owner's images is drawn "
                + "for the test set, the same for every seed: \(train) training and \(test) test images")
    }

    /// Test images have no owner, while others have.
    static func unownedTest(_ file: String, count: Int, example: String) -> DataNotice {
        DataNotice(
            .note,
            "\(file): \(count) test image\(count == 1 ? " has" : "s have") no owner (\(example)): no "
                + "client's own, and in the test set of the global model")
    }

    /// A fraction is given for a set that has a test set.
    static func unusedFraction(_ fraction: Double, instead place: String) -> DataNotice {
        DataNotice(.warning, "\(fractionKey) \(fraction) is not used: the test set is \(place)")
    }

    /// Whether it is about a setting of scenarios that other readers of photos do not have.
    var isAboutTestFraction: Bool { description.contains("\(Self.fractionKey) ") }

    private static let fractionKey = "data.test-fraction"

    /// PACS's lists overlap, so others are taken.
    static func kfold(_ path: String, test: String) -> DataNotice {
        DataNotice(
            .note,
            "\(path): PACS's lists; the test set is \(test), as *_test_kfold.txt lists the training images "
                + "too"
        )
    }

    /// Images are in two lists.
    static func overlap(_ train: String, _ test: String, count: Int, example: String) -> DataNotice {
        DataNotice(
            .warning,
            "\(test): \(count) of its images \(count == 1 ? "is" : "are") in \(train) too (\(example)): "
                + "accuracy is "
                + "measured on images that were trained on")
    }

    /// Lines of a list repeat images.
    static func repeats(_ list: String, count: Int, example: String) -> DataNotice {
        DataNotice(
            .warning,
            "\(list): \(count) of its lines \(count == 1 ? "repeats" : "repeat") an image that stands above "
                + "(\(example)); each image is counted once")
    }

    /// Files that a list of labels names are not there.
    static func missingFiles(_ list: String, count: Int, example: String) -> DataNotice {
        DataNotice(
            .warning, "\(list): \(count) of its images \(count == 1 ? "is" : "are") not there (\(example))")
    }

    /// Classes are called by ids.
    static func wordNetIDs(_ names: [String]) -> DataNotice {
        DataNotice(
            .promptWarning,
            "prompts call \(classes(names.count)) by WordNet id (\(listed(names))); give names with "
                + "data.class-names "
                + "or a file class-names.txt, a line 'id name' each")
    }

    /// Classes are called by numbers.
    static func numbers(_ names: [String]) -> DataNotice {
        DataNotice(
            .promptWarning,
            "prompts call \(classes(names.count)) by number (\(listed(names))); give names with "
                + "data.class-names or a "
                + "file class-names.txt, a name a line")
    }

    /// Two classes have one name.
    static func sameName(_ name: String, _ ids: [String]) -> DataNotice {
        DataNotice(
            .promptWarning,
            "the classes \(listed(ids)) have the same name '\(name)', so their prompts are equal; give names "
                + "with "
                + "data.class-names")
    }

    /// Numbers in front of names are taken off.
    static func numbersStripped(_ id: String, _ name: String) -> DataNotice {
        DataNotice(
            .promptNote,
            "numbers and ids in front of class folders are left out of prompts: '\(id)' is '\(name)'")
    }

    /// Names come from a file.
    static func names(from path: String) -> DataNotice {
        DataNotice(.promptNote, "names of classes are from \(path)")
    }

    /// The images of EMNIST are turned.
    static func transposed(_ path: String) -> DataNotice {
        DataNotice(.note, "\(path): EMNIST's images are stored transposed; they are turned upright")
    }

    private static func classes(_ count: Int) -> String { "\(count) class\(count == 1 ? "" : "es")" }
}

extension LeftOutFiles {
    /// How many images are left out, why, and an example of each reason.
    static func sentence(_ groups: [Group]) -> String {
        let count = groups.reduce(0) { $0 + $1.count }
        let parts = groups.map { "\($0.count) \($0.reason.words) (\($0.example))" }
        return "\(count) file\(count == 1 ? "" : "s") left out: \(parts.joined(separator: ", "))"
    }
}

extension LeftOutFiles.Reason {
    /// The reason as words behind a number.
    fileprivate var words: String {
        switch self {
        case .format(let ending): "\(ending), as only JPEG and PNG are read"
        case .notAFile(let what): "called like an image but \(what)"
        case .subfolder: "in a sub-folder of a class"
        case .unlabelled: "without a label"
        case .unowned: "without an owner"
        case .leftover: "left behind by another program"
        case .other: "not called like an image"
        }
    }
}

/// At most five names in quotes, then how many more there are.
func listed(_ names: [String], joinedBy separator: String = ", ") -> String {
    guard !names.isEmpty else { return "none" }
    let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: separator)
    return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
}
