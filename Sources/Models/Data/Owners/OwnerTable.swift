import Foundation

/// Whose the images of a data set are, as a CSV file says it.
///
/// A path is relative to the data's folder, or to that of the training images, or absolute.
struct OwnerTable {
    /// One row.
    struct Row {
        let path: String
        let owner: String
        let label: String?
        let line: Int
    }

    let file: OwnerFile
    let rows: [Row]
    /// The row of each path.
    private let places: [String: Int]
    /// The data's folder, and where it is read from.
    private let folders: [String]
    /// The table of the test images, where they have one of their own.
    let test: [OwnerTable]

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: the data's folder, as the scenario has it.
    ///   - root: the folder in it that the data is read from.
    ///   - inner: folders in `path`, by name, that paths of training and of test images may be relative to.
    /// - Throws: `DataError.fileAccess`; `DataError.malformed` for what is no such file, a row without path
    ///   or owner, and an image with two owners.
    init(
        _ file: OwnerFile, of path: String, root: String, inner: (train: String?, test: String?) = (nil, nil)
    ) throws(DataError) {
        self.file = file
        var folders = path == root ? [path] : [path, root]
        folders += inner.train.map { ["\(path)/\($0)"] } ?? []
        self.folders = folders
        test =
            try file.test.map { file throws(DataError) in
                [try OwnerTable(file, of: path, root: root, inner: (inner.test, nil))]
            } ?? []
        var table = try CSVReader(file.path)
        let columns = try Columns(file, of: table)
        var written = RowPlaces(path)
        var rows: [Row] = [], places: [String: Int] = [:]
        while let (fields, line) = try table.next() {
            let row = try columns.row(fields, line: line, in: &written)
            if let place = places[row.path] {
                let other = rows[place]
                guard other.owner == row.owner else {
                    throw columns.malformed(line, Self.twoOwners(row.path, row.owner, other))
                }
                guard other.label == row.label else {
                    throw columns.malformed(line, Self.twoClasses(row.path, row.label ?? "", other))
                }
                continue
            }
            places[row.path] = rows.count
            rows.append(row)
        }
        guard !rows.isEmpty else {
            throw .malformed(
                path: file.path, line: nil, reason: "a header and no row; a row an image is needed")
        }
        self.rows = rows
        self.places = places
    }

    /// The columns that are read.
    private struct Columns {
        let file: OwnerFile
        let path: Int
        let owner: Int
        let label: Int?

        init(_ file: OwnerFile, of table: CSVReader) throws(DataError) {
            self.file = file
            path = try table.column(file.pathColumn, key: "data.owners.path-column")
            owner = try table.column(file.ownerColumn, key: "data.owners.client-column")
            label = try file.labelColumn.map { name throws(DataError) in
                try table.column(name, key: "data.owners.label-column")
            }
        }

        /// A row whose path and owner can be what they should be.
        func row(_ fields: [String], line: Int, in places: inout RowPlaces) throws(DataError) -> Row {
            let name = places.relative(fields[path])
            guard !name.isEmpty, !name.unicodeScalars.contains("\0") else {
                throw malformed(line, "no path of an image in the column '\(file.pathColumn)'")
            }
            guard fields[owner].isOwnerName else {
                throw malformed(
                    line,
                    "'\(fields[owner].prefix(40))' is no name of an owner; allowed in the column "
                        + "'\(file.ownerColumn)': one line of 1 to \(ImageOwners.longestName) bytes")
            }
            return Row(
                path: name, owner: fields[owner], label: label.map { fields[$0] }, line: line)
        }

        func malformed(_ line: Int, _ reason: String) -> DataError {
            .malformed(path: file.path, line: line, reason: reason)
        }
    }

    /// Gives images their owners. Training images without one are left out; of test images without one it is
    /// only said.
    ///
    /// - Parameters:
    ///   - train: the training images.
    ///   - test: the test images.
    ///   - places: where the training and the test images of each domain are.
    /// - Throws: `DataError.malformed` for a row that names no file, an image with two owners, and a file
    ///   that names no training image.
    func assign(
        train: inout LabelledFiles, test: inout LabelledFiles, places: (train: [String], test: [String]),
        _ report: inout ReadingReport
    ) throws(DataError) {
        var isUsed = [Bool](repeating: false, count: rows.count)
        let trainPlaces = folders(and: places.train)
        let trained = try owners(of: train, in: trainPlaces, &isUsed)
        let tested: [String?]
        if let table = self.test.first {
            var isTested = [Bool](repeating: false, count: table.rows.count)
            let testPlaces = table.folders(and: places.test)
            tested = try table.owners(of: test, in: testPlaces, &isTested)
            try table.requireFiles(isTested, in: testPlaces)
        } else {
            tested = try owners(of: test, in: folders, &isUsed)
        }
        try requireFiles(isUsed, in: trainPlaces)
        guard trained.contains(where: { $0 != nil }) else {
            throw .malformed(path: file.path, line: nil, reason: "none of its rows names a training image")
        }
        let names = DataFiles.numbered(Set((trained + tested).compactMap(\.self)))
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
        func indices(_ owners: [String?]) -> [Int32] {
            owners.map { owner in owner.flatMap { numbers[$0] } ?? ImageOwners.nobody }
        }
        for (image, owner) in trained.enumerated() where owner == nil {
            report.leftOut.add(.unowned, train.paths[image])
        }
        train.owners = ImageOwners(names: names, indices: indices(trained))
        train.keep(trained.indices.filter { trained[$0] != nil })
        guard tested.contains(where: { $0 != nil }) else { return }
        test.owners = ImageOwners(names: names, indices: indices(tested))
        if let first = tested.firstIndex(of: nil) {
            report.notices.append(
                .unownedTest(file.path, count: tested.count { $0 == nil }, example: test.paths[first]))
        }
    }

    /// The folders that a path can be relative to. Below a single folder of images alone it names one image.
    private func folders(and places: [String]) -> [String] {
        places.count == 1 && !folders.contains(places[0]) ? folders + places : folders
    }

    /// The owner of each file.
    private func owners(
        of files: LabelledFiles, in places: [String], _ isUsed: inout [Bool]
    ) throws(DataError) -> [String?] {
        let prefixes = places.map { $0 + "/" }
        var owners: [String?] = []
        owners.reserveCapacity(files.paths.count)
        for path in files.paths {
            var found: Row?
            for prefix in prefixes where path.hasPrefix(prefix) {
                guard let place = self.places[String(path.dropFirst(prefix.count))] else { continue }
                let row = rows[place]
                isUsed[place] = true
                if let found, found.owner != row.owner {
                    throw .malformed(
                        path: file.path, line: row.line, reason: Self.twoOwners(path, row.owner, found))
                }
                found = row
            }
            owners.append(found?.owner)
        }
        return owners
    }

    /// Throws unless the rows that name none of the images that are taken name other files.
    private func requireFiles(_ isUsed: [Bool], in places: [String]) throws(DataError) {
        for (row, isUsed) in zip(rows, isUsed) where !isUsed {
            let candidates = row.path.hasPrefix("/") ? [row.path] : places.map { "\($0)/\(row.path)" }
            guard !candidates.contains(where: DataFiles.isFile) else { continue }
            throw missing(row, in: places)
        }
    }

    private func missing(_ row: Row, in places: [String]) -> DataError {
        .malformed(
            path: file.path, line: row.line,
            reason: "'\(row.path)' is no file; allowed: paths relative to \(places.joined(separator: ", "))")
    }

    private static func twoOwners(_ image: String, _ owner: String, _ other: Row) -> String {
        "'\(image)' belongs to '\(owner)' here and to '\(other.owner)' in line \(other.line); allowed: one "
            + "owner"
    }

    private static func twoClasses(_ image: String, _ label: String, _ other: Row) -> String {
        "'\(image)' is of class '\(label)' here and of '\(other.label ?? "")' in line "
            + "\(other.line); allowed: one class"
    }
}

/// The paths of rows in one spelling: relative to the data's folder where they stand in it.
private struct RowPlaces {
    /// The data's folder as an absolute path, as it is written and where its links lead.
    private let roots: [String]
    /// Where the links of folders lead, which many rows share.
    private var resolved: [String: String] = [:]

    init(_ path: String) {
        let url = URL(fileURLWithPath: path)
        roots = [url.standardizedFileURL.path + "/", url.absoluteURL.resolvingSymlinksInPath().path + "/"]
    }

    /// `path` without needless steps, as in `a//b`, `./a/b` and `a/../a/b`; relative to the data's folder
    /// where it is an absolute path into it.
    mutating func relative(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else {
                parts.append(part)
            }
        }
        let name = parts.joined(separator: "/")
        guard path.hasPrefix("/") else { return name }
        if let below = inner("/" + name) { return below }
        // Another spelling of the folder, through links.
        guard let file = parts.popLast() else { return "/" }
        let folder = "/" + parts.joined(separator: "/")
        let place = resolved[folder] ?? URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        resolved[folder] = place
        return inner("\(place)/\(file)") ?? "/" + name
    }

    /// What follows the data's folder in an absolute path; nil outside it.
    private func inner(_ path: String) -> String? {
        roots.first { path.hasPrefix($0) }.map { String(path.dropFirst($0.count)) }
    }
}

// MARK: - Images that are listed

extension OwnerTable {
    /// The images that the rows name, with the classes in the label column.
    ///
    /// - Parameter root: the folder that the result's paths are relative to.
    /// - Throws: `DataError.malformed` for a row without a class, or with a path that leaves the folder or
    ///   names no file.
    func list(in root: String) throws(DataError) -> DomainList {
        var images: [String: [String]] = [:]
        var listed: [String: Row] = [:]
        for row in rows {
            func malformed(_ reason: String) -> DataError {
                .malformed(path: file.path, line: row.line, reason: reason)
            }
            guard let label = row.label, label.isOneLine else {
                throw malformed(
                    "no class in the column '\(file.labelColumn ?? "")'; allowed: one line of 1 to 200 "
                        + "characters")
            }
            let parts = row.path.split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(".."), parts[0] != "" else {
                throw malformed("'\(row.path)' leaves \(root)")
            }
            let candidates = folders.map { "\($0)/\(row.path)" }
            guard let image = candidates.first(where: DataFiles.isFile) else {
                throw missing(row, in: folders)
            }
            let name = String(image.dropFirst(root.count + 1))
            // Rows may name it relative to one folder and to the other.
            if let other = listed[name] {
                guard other.label == label else { throw malformed(Self.twoClasses(row.path, label, other)) }
                continue
            }
            images[label, default: []].append(name)
            listed[name] = row
        }
        return DomainList(
            path: file.path, classNames: DataFiles.numbered(images.keys), images: images,
            lines: listed.mapValues(\.line))
    }
}
