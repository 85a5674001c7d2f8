import Core

/// Names that the user gives to the classes of a data set.
public enum GivenClassNames: Sendable, Hashable {
    /// Names by class folder or label.
    case table([String: String])
    /// A file of names, as `ClassNameFile` reads it.
    case file(String)

    /// The names by id.
    ///
    /// - Parameters:
    ///   - ids: all classes of the set, in its order.
    ///   - others: other words for the same classes.
    /// - Throws: `DataError.unknownNamedClasses` for names of other classes; what is wrong with the file.
    func table(of ids: [String], orOf others: [String] = []) throws(DataError) -> [String: String] {
        switch self {
        case .file(let path): return try ClassNameFile.names(in: path, of: ids)
        case .table(let table):
            let strangers = Set(table.keys).subtracting(ids).subtracting(others)
            guard strangers.isEmpty else { throw .unknownNamedClasses(DataFiles.sorted(Array(strangers))) }
            return table
        }
    }
}

/// How the classes of a data set are called in prompts.
///
/// Of these the first that knows a class: what the user gives; `class-names.txt` in the data's folder; the
/// tables of this package (`ImageFolderClassNames`); the lists that come with ImageNet and Tiny ImageNet
/// (`words.txt`, `LOC_synset_mapping.txt`, `map_clsloc.txt`); the name of the class folder, underscores as
/// spaces, without numbers where all folders begin with one (`001.Black_footed_Albatross`).
enum ClassNames {
    /// The names of the classes `ids`.
    ///
    /// - Parameters:
    ///   - ids: class folders, or labels, in the order of the labels.
    ///   - all: all classes of the set, in its own order, of which `ids` are some.
    ///   - root: the data's folder.
    ///   - given: what the user gives.
    /// - Throws: `DataError` where the names that are given or found do not fit.
    static func resolve(
        _ ids: [String], of all: [String], in root: String, given: GivenClassNames?,
        _ report: inout ReadingReport
    ) throws(DataError) -> [String] {
        var names = [String?](repeating: nil, count: ids.count)
        func fill(_ known: (String) -> String?) {
            for (index, id) in ids.enumerated() where names[index] == nil { names[index] = known(id) }
        }
        if let given {
            let table = try given.table(of: all)
            fill { table[$0] }
        }
        try fillFromFile([root + "/class-names.txt"], all, &report, fill, isList: true) {
            names.contains(nil)
        }
        let known = Dictionary(
            zip(ids, ImageFolderClassNames.known(ids)), uniquingKeysWith: { first, _ in first })
        fill { known[$0] ?? nil }
        try fillFromFile(lists(in: root), all, &report, fill, isList: false) {
            zip(ids, names).contains { isWordNetID($0) && $1 == nil }
        }
        let isNumbered = isNumbered(all)
        if isNumbered, let index = names.firstIndex(of: nil) {
            report.notices.append(.numbersStripped(ids[index], shown(ids[index], isNumbered: true)))
        }
        fill { shown($0, isNumbered: isNumbered) }
        let result = names.compactMap(\.self)
        try check(result)
        warn(ids, result, &report)
        return result
    }

    /// The names of classes that are numbered, of which the user may have given some.
    ///
    /// - Parameter names: as the data has them, by label.
    /// - Throws: `DataError` where the names that are given do not fit.
    static func resolve(
        labels names: [String], given: GivenClassNames?, _ report: inout ReadingReport
    ) throws(DataError) -> [String] {
        let numbers = names.indices.map(String.init)
        let table = try given?.table(of: numbers) ?? [:]
        let result = numbers.indices.map { table[numbers[$0]] ?? names[$0] }
        warn(numbers, result, &report)
        return result
    }

    /// Throws `DataError.unusableName` for a name that is not one line, as prompts are.
    static func check(_ names: [String]) throws(DataError) {
        if let unusable = names.first(where: { !$0.isOneLine }) { throw .unusableName(unusable) }
    }

    private static func fillFromFile(
        _ candidates: [String], _ all: [String], _ report: inout ReadingReport,
        _ fill: ((String) -> String?) -> Void, isList: Bool, isNeeded: () -> Bool
    ) throws(DataError) {
        guard isNeeded(), let file = candidates.first(where: DataFiles.isFile) else { return }
        let table = try ClassNameFile.names(in: file, of: all, isList: isList)
        guard !table.isEmpty else { return }
        fill { table[$0] }
        report.notices.append(.names(from: file))
    }

    /// Where lists of WordNet's names may be: beside the data, and for ImageNet's archive further up.
    private static func lists(in root: String) -> [String] {
        let above = root.split(separator: "/").last == "CLS-LOC" ? ["", "/..", "/../..", "/../../.."] : [""]
        return above.flatMap { place in
            ["words.txt", "LOC_synset_mapping.txt", "synset_words.txt", "map_clsloc.txt"].map {
                "\(root)\(place)/\($0)"
            }
        }
    }

    static func warn(_ ids: [String], _ names: [String], _ report: inout ReadingReport) {
        let codes = names.filter(isWordNetID)
        if !codes.isEmpty { report.notices.append(.wordNetIDs(codes)) }
        let numbers = names.filter { $0.allSatisfy(\.isNumber) }
        if !numbers.isEmpty { report.notices.append(.numbers(numbers)) }
        var first: [String: Int] = [:]
        for (index, name) in names.enumerated() {
            guard let other = first[name] else {
                first[name] = index
                continue
            }
            // One pair is enough to know.
            report.notices.append(.sameName(name, [ids[other], ids[index]]))
            return
        }
    }

    /// Whether a name is one of WordNet's ids, such as n02086240, or begins with one.
    static func isWordNetID(_ name: String) -> Bool {
        let digits = name.utf8.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return name.utf8.first == UInt8(ascii: "n") && digits.count == 8
    }

    /// Whether every folder begins with a number of its own and signs, before a letter: `001.owl`,
    /// `2_parrot`, `03 - cat`.
    private static func isNumbered(_ folders: [String]) -> Bool {
        let numbers = folders.map { number(of: $0) }
        return folders.count > 1 && numbers.allSatisfy { $0 != nil }
            && Set(numbers.map { $0?.value }).count == folders.count
    }

    private static func number(of folder: String) -> (value: Int, rest: Substring)? {
        // Stanford's dogs have WordNet's ids: n02085620-Chihuahua.
        let numbered = isWordNetID(folder) ? folder.dropFirst() : folder[...]
        let digits = numbered.prefix { $0.isASCII && $0.isNumber }
        let signed = numbered.dropFirst(digits.count)
        let rest = signed.drop { "._- ".contains($0) }
        guard let value = Int(digits), rest.count < signed.count, rest.first?.isLetter == true else {
            return nil
        }
        return (value, rest)
    }

    /// The name of a class folder in prompts.
    private static func shown(_ folder: String, isNumbered: Bool) -> String {
        let rest = isNumbered ? number(of: folder)?.rest ?? folder[...] : folder[...]
        return String(rest.replacing("_", with: " "))
    }
}

extension String {
    /// Whether it can be the name of a class: one line of 1 to 200 characters without control characters.
    package var isOneLine: Bool {
        !isEmpty && count <= 200
            && !unicodeScalars.contains {
                [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            }
    }
}
