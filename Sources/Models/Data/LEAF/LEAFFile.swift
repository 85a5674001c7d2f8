/// One file of LEAF's format: users, and gray images with labels for each of them.
///
/// `{"users": [u], "num_samples": [n], "user_data": {u: {"x": [[gray, …], …], "y": [label, …]}}}`, where an
/// image is a square of gray values from 0 to 1, row by row. Other keys, such as `hierarchies`, are passed
/// over. Format: Caldas and others, *LEAF: A Benchmark for Federated Settings*, arXiv 1812.01097, and its
/// https://github.com/TalwalkarLab/leaf.
struct LEAFFile {
    /// The images of one user.
    struct User {
        /// The name.
        let name: String
        /// Gray bytes, image by image.
        fileprivate(set) var pixels: [UInt8] = []
        /// Labels of the images.
        fileprivate(set) var labels: [Int32] = []
        /// How many images there are.
        fileprivate(set) var images = 0
    }

    /// The largest file that is read, in bytes: a file of all of FEMNIST at once has more.
    static let largest = 2 << 30

    /// Users with images, in the order of the file.
    private(set) var users: [User] = []
    /// Width and height of an image; nil where there is none.
    private(set) var side: Int?

    /// Reads the file at `path`.
    ///
    /// - Parameter side: width and height of the images of files before this one; nil where there were none.
    /// - Throws: `DataError.fileAccess`; `DataError.malformed` with the line and the character in it.
    init(_ path: String, side: Int?) throws(DataError) {
        let bytes = try DataFiles.read(path, limit: Self.largest)
        self.side = side
        do throws(JSONScanner.Failure) {
            try JSONScanner.scan(bytes) { scanner throws(JSONScanner.Failure) in try read(&scanner) }
        } catch {
            throw .malformed(
                path: path, line: error.line, reason: "character \(error.column): \(error.detail)")
        }
    }

    private mutating func read(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var names: [String]?
        var counts: [Int]?
        var isRead = false
        try scanner.object { scanner, key throws(JSONScanner.Failure) in
            switch key {
            case "users":
                names = try Self.names(&scanner)
            case "num_samples":
                counts = []
                try scanner.array { scanner throws(JSONScanner.Failure) in
                    counts?.append(try Self.wholeNumber(&scanner, below: 1 << 31, "num_samples"))
                }
            case "user_data":
                guard !isRead else { throw scanner.failure("a second 'user_data'") }
                isRead = true
                try readUsers(&scanner)
            default:
                try scanner.skip()
            }
        }
        guard let names, let counts, isRead else {
            let missing = names == nil ? "users" : counts == nil ? "num_samples" : "user_data"
            throw scanner.failure(
                "no '\(missing)'; a file of LEAF has 'users', 'num_samples' and 'user_data'")
        }
        try check(names, counts, at: scanner)
        // LEAF's own split by samples leaves users without images in `user_data`.
        users.removeAll { $0.images == 0 }
    }

    private static func names(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> [String] {
        var names: [String] = [], known: Set<String> = []
        try scanner.array { scanner throws(JSONScanner.Failure) in
            let name = try scanner.string()
            guard name.isOwnerName else { throw Self.unusable(name, at: scanner) }
            guard known.insert(name).inserted else {
                throw scanner.failure("user '\(name)' twice in 'users'")
            }
            names.append(name)
        }
        return names
    }

    /// Checks that what the file says of its users is so.
    private func check(
        _ names: [String], _ counts: [Int], at scanner: JSONScanner
    ) throws(JSONScanner.Failure) {
        guard counts.count == names.count else {
            throw scanner.failure(
                "\(names.count) 'users' and \(counts.count) 'num_samples'; there must be as many")
        }
        let found = Dictionary(uniqueKeysWithValues: users.map { ($0.name, $0.images) })
        for (name, count) in zip(names, counts) {
            guard let images = found[name] else { throw scanner.failure("user '\(name)' has no 'user_data'") }
            guard images == count else {
                throw scanner.failure("user '\(name)' has \(images) images, by 'num_samples' \(count)")
            }
        }
        let listed = Set(names)
        if let stranger = users.first(where: { $0.images > 0 && !listed.contains($0.name) }) {
            throw scanner.failure("user '\(stranger.name)' of 'user_data' is not in 'users'")
        }
    }
}

// MARK: - Users

extension LEAFFile {
    private mutating func readUsers(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
        var known: Set<String> = []
        try scanner.object { scanner, name throws(JSONScanner.Failure) in
            guard name.isOwnerName else { throw Self.unusable(name, at: scanner) }
            guard known.insert(name).inserted else {
                throw scanner.failure("user '\(name)' twice in 'user_data'")
            }
            var user = User(name: name)
            var hasImages = false, hasLabels = false
            try scanner.object { scanner, key throws(JSONScanner.Failure) in
                switch key {
                case "x" where !hasImages:
                    hasImages = true
                    try readImages(&scanner, into: &user)
                case "y" where !hasLabels:
                    hasLabels = true
                    try Self.readLabels(&scanner, into: &user)
                case "x", "y": throw scanner.failure("user '\(name)': a second '\(key)'")
                default: try scanner.skip()
                }
            }
            guard hasImages, hasLabels else {
                throw scanner.failure("user '\(name)': no '\(hasImages ? "y" : "x")'")
            }
            guard user.images == user.labels.count else {
                throw scanner.failure(
                    "user '\(name)': \(user.images) images in 'x', \(user.labels.count) labels in 'y'")
            }
            users.append(user)
        }
    }

    private mutating func readImages(
        _ scanner: inout JSONScanner, into user: inout User
    ) throws(JSONScanner.Failure) {
        try scanner.array { scanner throws(JSONScanner.Failure) in
            func failure(_ scanner: JSONScanner, _ detail: String) -> JSONScanner.Failure {
                scanner.failure("user '\(user.name)', image \(user.images): \(detail)")
            }
            guard scanner.kind == .array else {
                throw failure(
                    scanner, "\(scanner.found) instead of a list of gray values; LEAF's texts are not read")
            }
            let start = user.pixels.count
            try scanner.array { scanner throws(JSONScanner.Failure) in
                guard scanner.kind == .number else {
                    throw failure(scanner, "\(scanner.found) instead of a gray value from 0 to 1")
                }
                let before = scanner, value = try scanner.number()
                guard (0...1).contains(value) else {
                    throw failure(before, "a gray value of \(value); allowed: 0 to 1")
                }
                user.pixels.append(UInt8((value * 255).rounded()))
            }
            let count = user.pixels.count - start
            let expected = side ?? Int(Double(count).squareRoot().rounded())
            guard count > 0, expected * expected == count, expected <= 4096 else {
                let allowed = side.map { "\($0 * $0), as before" } ?? "a square number, such as 784"
                throw failure(scanner, "\(count) gray values; allowed: \(allowed)")
            }
            side = expected
            user.images += 1
        }
    }

    private static func readLabels(
        _ scanner: inout JSONScanner, into user: inout User
    ) throws(JSONScanner.Failure) {
        try scanner.array { scanner throws(JSONScanner.Failure) in
            let what = "user '\(user.name)', label \(user.labels.count)"
            user.labels.append(Int32(try wholeNumber(&scanner, below: ClassFolders.limit, what)))
        }
    }

    /// Reads a whole number from 0 to `limit - 1`.
    private static func wholeNumber(
        _ scanner: inout JSONScanner, below limit: Int, _ what: String
    ) throws(JSONScanner.Failure) -> Int {
        let allowed = "allowed: whole numbers from 0 to \(limit - 1)"
        guard scanner.kind == .number else {
            throw scanner.failure("\(what): \(scanner.found) instead of a number; \(allowed)")
        }
        let before = scanner, value = try scanner.number()
        guard let number = Int(exactly: value), 0..<limit ~= number else {
            throw before.failure("\(what): \(value); \(allowed)")
        }
        return number
    }

    private static func unusable(_ name: String, at scanner: JSONScanner) -> JSONScanner.Failure {
        scanner.failure(
            "'\(name.prefix(40))' is no name of a user; allowed: one line of 1 to "
                + "\(ImageOwners.longestName) bytes, none of control")
    }
}
