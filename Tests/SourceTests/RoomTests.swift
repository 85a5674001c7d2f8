import Testing

/// Dependencies point one way, between targets and between the rooms inside them.
@Suite("Rooms")
struct RoomTests {
    /// Which targets of the package each target may import.
    private static let targets: [String: Set<String>] = [
        "Core": [],
        "Simulator": ["Core"],
        "RunLog": ["Core", "Simulator"],
        "Models": ["Core"],
        "Scenarios": ["Core", "Models", "RunLog", "Simulator"],
        "Results": ["Core", "RunLog"],
        "fgl-sim": ["Core", "Memory", "Models", "Results", "RunLog", "Scenarios", "Simulator"],
    ]

    /// Modules of other packages and of the system, with the targets that may import them.
    private static let foreign: [String: Set<String>] = [
        "ArgumentParser": ["fgl-sim"], "CCrypto": ["Core"], "CImage": ["Models"], "CPrefetch": ["Simulator"],
        "CTorch": ["Models"], "CYaml": ["Scenarios"], "CZstd": ["Models"], "DequeModule": ["Simulator"],
        "FlyingFox": ["fgl-sim"], "FlyingSocks": ["fgl-sim"], "GRDB": ["RunLog"], "GRDBSQLite": ["RunLog"],
        "HeapModule": ["Simulator"], "Mustache": ["Results"], "Yams": ["Scenarios"],
    ]

    /// Modules that everybody may import.
    private static let common: Set = [
        "Darwin", "Dispatch", "Foundation", "Glibc", "Musl", "Synchronization",
    ]

    /// The rooms of a target, the lowest first: each may use those before it.
    private static let order: [String: [String]] = [
        "RunLog": ["Vocabulary", "Rows", "Schema", "File", "Reading", "Recording"],
        "Models": [
            "Tensor", "Checkpoint", "Layers", "Data", "Text", "Aggregation", "Classifier", "Compression",
            "Privacy", "Distillation", "Foundation", "Captioner", "Inspection", "Pretraining",
        ],
        "Results": ["Comparison", "Claims", "Report", "Export"],
        "Scenarios": [
            "Identity", "Workers", "Engine", "Scenario", "Policies", "Messages", "Inputs", "Records", "Work",
            "Federation", "Methods", "Experiment", "Replay", "Plan",
            "WorkerProcess",
        ],
    ]

    /// Folders in which errors of several kinds are told apart, and which.
    private static let severalErrors: [String: Set<String>] = [
        "Sources/Scenarios": ["CatalogueError", "FederationError"],
        "Sources/Models/Data": ["DataError", "ImageCodecError"],
        "Sources/Models/Data/World": ["WorldClassError", "WorldDistributionError"],
    ]

    /// Files beside the rooms that name what rooms have: what a program may choose from.
    private static let registries: Set = ["Catalogue.swift"]

    /// Types that a lower room uses, and why.
    private static let upward = [
        "Models/Text CaptionerError": "a prompt that is too long is told in the words of its user",
        "Scenarios/Scenario FederatedMethod": "an entry of the catalogue that the parser is given",
        "Scenarios/Scenario ParticipationPolicy": "an entry of the catalogue that the parser is given",
        "Scenarios/Scenario ClientSelection": "an entry of the catalogue that the parser is given",
    ]

    private static let declarations = Declarations(SourceFile.sources)

    @Test("Every import points down")
    func imports() {
        for file in SourceFile.sources {
            guard let allowed = Self.targets[file.target] else { continue }
            for module in file.imports where !Self.common.contains(module) {
                let isAllowed =
                    allowed.contains(module) || Self.foreign[module]?.contains(file.target) == true
                #expect(isAllowed, "\(file.path) imports \(module)")
            }
        }
    }

    @Test("Every type that a room uses is of a room below it", arguments: order.keys.sorted())
    func types(target: String) throws {
        let order = try #require(Self.order[target])
        for file in SourceFile.sources where file.target == target {
            // What lies beside the rooms is for all of them, such as their common type of errors.
            if file.room == target, !Self.registries.contains(file.name) {
                #expect(Self.declarations.uses(of: file).keys.allSatisfy { !$0.hasPrefix("\(target)/") })
                continue
            }
            guard let place = order.firstIndex(where: { "\(target)/\($0)" == file.room }) else {
                #expect(
                    Self.registries.contains(file.name), "\(file.path) is in no room that this test knows")
                continue
            }
            for (room, names) in Self.declarations.uses(of: file).sorted(by: { $0.key < $1.key }) {
                guard let other = order.firstIndex(where: { "\(target)/\($0)" == room }) else { continue }
                let names = names.filter { Self.upward["\(file.room) \($0)"] == nil }
                guard !names.isEmpty else { continue }
                #expect(
                    other < place, "\(file.path) uses \(names.sorted().joined(separator: ", ")) of \(room)")
            }
        }
    }

    @Test("A folder has one type of errors")
    func errors() {
        var found: [String: Set<String>] = [:]
        for file in SourceFile.sources {
            for (index, token) in file.tokens.enumerated().dropLast(3) where token.text.hasSuffix("Error") {
                guard index > 0, ["enum", "struct"].contains(file.tokens[index - 1].text),
                    file.tokens[index + 1].text == ":", file.tokens[index + 2].text == "Error"
                else { continue }
                found[file.folder, default: []].insert(token.text)
            }
        }
        #expect(found["Sources/RunLog/File"] == ["RunLogError"])
        for (room, names) in found.sorted(by: { $0.key < $1.key }) where Self.severalErrors[room] != names {
            #expect(names.count == 1, "\(room) has \(names.sorted().joined(separator: ", "))")
        }
    }

    @Test("Only Federation extends RunContext")
    func runContext() {
        let extending = SourceFile.sources.filter { file in
            file.tokens.indices.dropLast().contains {
                file.tokens[$0].text == "extension" && file.tokens[$0 + 1].text == "RunContext"
            }
        }
        #expect(!extending.isEmpty)
        for file in extending { #expect(file.room == "Scenarios/Federation", "\(file.path)") }
    }

    @Test("The scanner finds what points up")
    func scanner() {
        let low = SourceFile(
            path: "Sources/T/Low/A.swift", text: "struct Low { let text = \"High\" } // High\n")
        let high = SourceFile(
            path: "Sources/T/High/B.swift",
            text: """
                import Core
                public final class High {
                    var a = "\\(Low.self) Other"
                }
                private enum Hidden {}
                """)
        let declarations = Declarations([low, high])
        #expect(declarations.rooms == ["Low": ["T/Low"], "High": ["T/High"]])
        #expect(declarations.uses(of: low).isEmpty)
        #expect(declarations.uses(of: high) == ["T/Low": ["Low"]])
        #expect(high.imports == ["Core"] && high.room == "T/High" && high.target == "T")
    }
}
