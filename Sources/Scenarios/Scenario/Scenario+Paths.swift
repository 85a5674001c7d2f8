import Foundation
import Yams

/// Where a scenario came from. Two scenarios are equal wherever their files lie.
struct ScenarioOrigin: Sendable, Equatable {
    /// The folder of its file; `nil` where it is the working directory or there is no file.
    var folder: String?
    /// Sentences about paths that were found in the working directory alone.
    var notices: [Notice] = []

    static func == (_: Self, _: Self) -> Bool { true }
}

extension Scenario {
    /// Replaces every path that the scenario names.
    ///
    /// - Parameter body: called with the key and the path; returns the new path.
    mutating func mapPaths(_ body: (_ key: String, _ path: String) -> String) {
        func change(_ key: String, _ path: inout String?) { path = path.map { body(key, $0) } }
        func change(_ key: String, _ source: inout QuantitySource) {
            if case .trace(let path) = source { source = .trace(path: body(key, path)) }
        }
        change("data.path", &data.path)
        if case .file(let path)? = data.classNames { data.classNames = .file(body("data.class-names", path)) }
        change("data.owners.file", &data.owners.file)
        change("data.owners.test-file", &data.owners.testFile)
        change("model.path", &model.path)
        change("synthesis.set", &synthesis.set)
        if case .folder(let path) = synthesis.foundation {
            synthesis.foundation = .folder(body("synthesis.foundation", path))
        }
        if case .folder(let path) = synthesis.captioner {
            synthesis.captioner = .folder(body("synthesis.captioner", path))
        }
        if let adapter = synthesis.lora { synthesis.lora?.path = body("synthesis.lora", adapter.path) }
        change("network.client.uplink", &network.client.uplinkBytesPerSecond)
        change("network.client.downlink", &network.client.downlinkBytesPerSecond)
        change("network.client.latency", &network.client.latencySeconds)
        change("network.changes.trace", &network.changes.trace)
        change("devices.client", &devices.clientFLOPsPerSecond)
        change("devices.slowdown", &devices.slowdown)
        change("faults.availability.trace", &faults.availability.trace)
    }

    /// The paths that the scenario names, by key.
    private var paths: [(key: String, path: String)] {
        var paths: [(key: String, path: String)] = [], copy = self
        copy.mapPaths { key, path in
            paths.append((key, path))
            return path
        }
        return paths
    }

    /// The first relative path that leads nowhere from the working directory, for a scenario that was read in
    /// another one.
    var strayPath: (key: String, path: String)? {
        paths.first { Self.isRelative($0.path) && !Self.exists($0.path) }
    }

    /// This scenario with its relative paths taken from the folder of its file, those that are not there from
    /// the working directory.
    func resolvingPaths() -> Scenario {
        guard let folder = origin.folder else { return self }
        var scenario = self
        scenario.mapPaths { _, path in
            guard Self.isRelative(path) else { return path }
            let beside = "\(folder)/\(path)"
            return Self.exists(path) && !Self.exists(beside) ? path : beside
        }
        return scenario
    }

    /// Sentences about paths that are not beside the scenario's file and were found in the working directory.
    public var pathNotices: [Notice] { origin.notices }

    /// Those sentences, for a scenario whose paths are as the file has them.
    func noticesOfPaths() -> [Notice] {
        guard let folder = origin.folder else { return [] }
        var notices: [Notice] = []
        for (_, variant) in variants(resolvesPaths: false) {
            for (key, path) in variant.paths where Self.isRelative(path) {
                guard Self.exists(path), !Self.exists("\(folder)/\(path)") else { continue }
                let notice = Notice.note(
                    "\(key): \(path) is taken from the working directory; \(folder) has none")
                if !notices.contains(notice) { notices.append(notice) }
            }
        }
        return notices
    }

    /// Checks that everything that the scenario names by a path is there.
    ///
    /// - Parameter file: the scenario's file, where the lines of the keys are looked up.
    /// - Throws: `ScenarioError` with every path that is not.
    public func checkPaths(file: String) throws(ScenarioError) {
        let root = (try? ScenarioText.read(file)).flatMap { try? ScenarioText.compose($0) }
        var problems: [ScenarioProblem] = []
        for (_, variant) in variants() {
            for (key, path) in variant.paths where !Self.exists(path) {
                let place = root.flatMap { Self.mark(of: key, in: $0) }.map {
                    ScenarioProblem.Place.line($0.line, column: $0.column)
                }
                let problem = ScenarioProblem(
                    place: place ?? .file, keyPath: key, reason: .pathMissing(path: path))
                if !problems.contains(problem) { problems.append(problem) }
            }
        }
        if !problems.isEmpty { throw ScenarioError(file: file, problems: problems) }
    }

    /// Where the value of a key stands, written in sections, with dots or both.
    private static func mark(of key: String, in node: Node) -> Mark? {
        guard case .mapping(let mapping) = node else { return node.mark }
        for (name, value) in mapping {
            guard let text = name.textOfScalar else { continue }
            if text == key { return value.mark ?? name.mark }
            if key.hasPrefix("\(text)."),
                let mark = mark(of: String(key.dropFirst(text.count + 1)), in: value)
            {
                return mark
            }
        }
        return nil
    }

    private static func isRelative(_ path: String) -> Bool { !path.hasPrefix("/") && !path.hasPrefix("~") }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: UserPath.expanded(path))
    }
}

extension ScenarioOrigin {
    /// The origin of a scenario's file.
    init(file: String) {
        let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
        let path = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        let working = FileManager.default.currentDirectoryPath
        let isHere =
            path.isEmpty
            || URL(fileURLWithPath: path).standardizedFileURL.path
                == URL(fileURLWithPath: working).standardizedFileURL.path
        self.init(folder: isHere ? nil : path)
    }
}
