import Foundation

/// Whose the images of a data set are, as a CSV file says it.
///
/// A path is relative to the data's folder, or to that of the training images, or absolute.
struct OwnerTable {
    /// One row.
    private struct Row {
        let path: String
        let owner: String
        let label: String?
        let line: Int
    }

    private let file: OwnerFile
    private let rows: [Row]
    /// The row of each path.
    private let places: [String: Int]
    /// The data's folder, and where it is read from.
    private let folders: [String]

    /// Reads the file.
    ///
    /// - Parameters:
    ///   - path: the data's folder, as the scenario has it.
    ///   - root: the folder in it that the data is read from.
    /// - Throws: `DataError.fileAccess`; `DataError.malformed` for what is no such file, a row without path
    ///   or owner, and an image with two owners.
    init(_ file: OwnerFile, of path: String, root: String) throws(DataError) {
        self.file = file
        folders = path == root ? [path] : [path, root]
        let table = try CSVFile(file.path)
        let pathColumn = try table.column(file.pathColumn, key: "data.owners.path-column")
        let ownerColumn = try table.column(file.ownerColumn, key: "data.owners.client-column")
        let labelColumn = try file.labelColumn.map { name throws(DataError) in
            try table.column(name, key: "data.owners.label-column")
        }
        let absolute = URL(fileURLWithPath: path).standardizedFileURL.path + "/"
        var rows: [Row] = [], places: [String: Int] = [:]
        rows.reserveCapacity(table.rows.count)
        for (fields, line) in zip(table.rows, table.lines) {
            func malformed(_ reason: String) -> DataError {
                .malformed(path: file.path, line: line, reason: reason)
            }
            var name = fields[pathColumn][...]
            for prefix in [absolute, "./"] where name.hasPrefix(prefix) {
                name = name.dropFirst(prefix.count)
            }
            guard !name.isEmpty, !name.unicodeScalars.contains("\0") else {
                throw malformed("no path of an image in the column '\(file.pathColumn)'")
            }
            let owner = fields[ownerColumn]
            guard owner.isOwnerName else {
                throw malformed(
                    "'\(owner.prefix(40))' is no name of an owner; allowed in the column "
                        + "'\(file.ownerColumn)': one line of 1 to \(ImageOwners.longestName) bytes")
            }
            if let place = places[String(name)] {
                let other = rows[place]
                guard other.owner == owner else {
                    throw malformed(Self.twoOwners(String(name), owner, other))
                }
                continue
            }
            places[String(name)] = rows.count
            rows.append(
                Row(path: String(name), owner: owner, label: labelColumn.map { fields[$0] }, line: line))
        }
        guard !rows.isEmpty else {
            throw .malformed(
                path: file.path, line: nil, reason: "a header and no row; a row an image is needed")
        }
        self.rows = rows
        self.places = places
    }

    /// Gives images their owners. Training images without one are left out; of test images without one it is
    /// only said.
    ///
    /// - Parameters:
    ///   - train: the training images.
    ///   - test: the test images.
    ///   - folders: class folders by label.
    ///   - trainFolders: where the training images of each domain are.
    /// - Throws: `DataError.malformed` for a row that names no file, a label that is not the image's, an
    ///   image with two owners, and a file that names no training image.
    func assign(
        train: inout LabelledFiles, test: inout LabelledFiles, folders classes: [String],
        trainFolders: [String], _ report: inout ReadingReport
    ) throws(DataError) {
        var isUsed = [Bool](repeating: false, count: rows.count)
        // Below a single training folder alone a path names one image.
        let trainPlaces = trainFolders.count == 1 ? folders + trainFolders : folders
        let trained = try owners(of: train, in: trainPlaces, classes, &isUsed)
        let tested = try owners(of: test, in: folders, classes, &isUsed)
        try requireFiles(isUsed, in: trainPlaces)
        guard trained.contains(where: { $0 != nil }) else {
            throw .malformed(path: file.path, line: nil, reason: "none of its rows names a training image")
        }
        let names = ImageOwners.ordered(Set((trained + tested).compactMap(\.self)))
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

    /// The owner of each file.
    private func owners(
        of files: LabelledFiles, in places: [String], _ classes: [String], _ isUsed: inout [Bool]
    ) throws(DataError) -> [String?] {
        let prefixes = places.map { $0 + "/" }
        var owners: [String?] = []
        owners.reserveCapacity(files.paths.count)
        for (path, label) in zip(files.paths, files.labels) {
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
                if let stated = row.label, stated != classes[Int(label)] {
                    throw .malformed(
                        path: file.path, line: row.line,
                        reason: "'\(row.path)' is of class '\(stated)' here and in the class folder "
                            + "'\(classes[Int(label)])'; allowed: its class folder")
                }
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
            throw .malformed(
                path: file.path, line: row.line,
                reason: "'\(row.path)' is no file; allowed: paths relative to "
                    + places.joined(separator: ", "))
        }
    }

    private static func twoOwners(_ image: String, _ owner: String, _ other: Row) -> String {
        "'\(image)' belongs to '\(owner)' here and to '\(other.owner)' in line \(other.line); allowed: one "
            + "owner"
    }
}
