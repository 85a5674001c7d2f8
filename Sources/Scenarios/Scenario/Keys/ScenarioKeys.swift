/// The declarations of all keys of a scenario file, in the order of the resolved scenario.
public struct ScenarioKeys: Sendable {
    /// Every key except `sweep`, which takes key paths.
    public let all: [ScenarioKey]
    private let paths: Set<String>
    private let sections: Set<String>

    /// Every key of what this package has.
    public static var all: [ScenarioKey] { Catalogue.standard.keys.all }

    /// The keys of what a catalogue has.
    init(
        methods: [any FederatedMethod], policies: [any ParticipationPolicy],
        selections: [any ClientSelection], sets: [String]
    ) {
        all =
            Self.general + Self.data(sets: sets) + Self.model + Self.training + Self.centralized
            + Self.synthesis + Self.participation(policies: policies, selections: selections)
            + Self.asynchronous + Self.methodSections + Self.dense + methods.flatMap(\.keys)
            + Self.aggregation + Self.compression + Self.privacy + Self.attack + Self.evaluation
            + Self.faults + Self.network + Self.linkChanges + Self.devices + Self.energy
        paths = Set(all.map(\.path))
        var sections: Set<String> = [""]
        for key in all {
            var path = key.section
            while !path.isEmpty, sections.insert(path).inserted {
                path = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? ""
            }
        }
        self.sections = sections
    }

    /// The names that may stand in a section, `""` for the top, in order.
    func names(in section: String) -> [String] {
        let prefix = section.isEmpty ? "" : "\(section)."
        var names: [String] = []
        for key in all where key.path.hasPrefix(prefix) {
            let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return section.isEmpty ? names + ["sweep"] : names
    }

    /// Whether a path is that of a key or of a section.
    func contains(_ path: String) -> Bool { sections.contains(path) || paths.contains(path) }

    /// Whether a path is that of a section, `""` for the whole scenario.
    func isSection(_ path: String) -> Bool { sections.contains(path) }

    /// Whether a value can be set at a path: of a key, a section, a parameter of a distribution, or a sweep
    /// of them.
    func isAddressable(_ path: String) -> Bool {
        let swept = path.hasPrefix("sweep.") ? String(path.dropFirst("sweep.".count)) : path
        if path == "sweep" || (!swept.isEmpty && contains(swept)) { return true }
        return all.contains { key in
            switch key.kind {
            case .distribution, .factor: isPath(path, inside: key.path)
            default: false
            }
        }
    }
}

extension ScenarioKeys {
    private static let general = [
        ScenarioKey(
            "name", \.name,
            .text(
                "letters, digits, '-', '_' and '.', at most 100, the first a letter or digit",
                where: isFileName),
            required: true,
            "The name of the experiment; its results go to results/<name>.sqlite unless told otherwise."
        ),
        ScenarioKey(
            "seed", \.seed, .seed, "The root of all random streams; the same seed gives the same run."),
        ScenarioKey(
            "clients", \.clients, .integer(1...1_000_000),
            "How many clients take part (the paper: 5)."),
        ScenarioKey(
            "methods", \.methods, .methods, required: true,
            "The federated methods to run, one run each, all into one results file."),
        ScenarioKey(
            "device", \.device, .device,
            "Where training and synthesis really compute: the processor, all GPUs, over which workers are "
                + "spread, or one of them. GPUs need a libtorch with CUDA (docs/gpu.md) and promise no equal "
                + "bits. Virtual times do not depend on it."),
    ]
}

/// Whether a name can be the stem of a file on every system.
private func isFileName(_ name: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 100 else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
}
