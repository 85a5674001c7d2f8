import Foundation
import Models
import Results
import Scenarios
import Testing

/// The scenario files of the paper's experiments: valid, named as their files, and honest about their length.
@Suite("Scenarios of the paper")
struct PaperScenarioTests {
    private static let folder = scenarioFolder.appendingPathComponent("paper")

    private static func files(in folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }

    @Test("All are valid, and their names are those of their files")
    func valid() throws {
        let own = try Self.files(in: Self.folder)
        let real = try Self.files(in: Self.folder.appendingPathComponent("real"))
        #expect(own.count >= 12 && real.count >= 7)
        for file in own + real {
            let scenario = try Scenario.load(path: file.path, knownMethods: FederatedMethods.names)
            let name = file.deletingPathExtension().lastPathComponent
            #expect(scenario.name == (own.contains(file) ? name : "paper-\(name)"))
            #expect(scenario.training.averaging == .uniform && scenario.training.localEpochs == 5)
        }
    }

    @Test(
        "Each says at its head what it shows, how long it takes and where to look; none takes more than an hour"
    )
    func heads() throws {
        for file in try Self.files(in: Self.folder) {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").prefix {
                $0.hasPrefix("#")
            }
            let takes = try #require(
                lines.first { $0.hasPrefix("# Takes about ") }, "\(file.lastPathComponent)")
            let minutes = Int(takes.dropFirst("# Takes about ".count).prefix { $0.isNumber })
            #expect((1...60).contains(minutes ?? 0) && takes.contains(" minutes on two cores"), "\(takes)")
            #expect(lines.contains { $0.hasPrefix("# Look at: ") })
        }
        for file in try Self.files(in: Self.folder.appendingPathComponent("real")) {
            let text = try String(contentsOf: file, encoding: .utf8)
            #expect(text.contains("# Takes days on two cores") && text.contains("--set data.path="))
        }
    }

    @Test(
        "Every experiment of which something is claimed has a file, and make results makes all of them in order"
    )
    func complete() throws {
        let names = PaperExperiments.all.map(\.name)
        #expect(Set(names).count == names.count)
        for name in names {
            let path = Self.folder.appendingPathComponent("\(name).yaml").path
            #expect(FileManager.default.fileExists(atPath: path), "\(path)")
        }
        let script = try String(contentsOf: Self.folder.appendingPathComponent("run-all.sh"), encoding: .utf8)
        let list = try #require(script.split(separator: "\nall=(\n").dropFirst().first)
        let listed = list.split(separator: "\n").prefix { $0 != ")" }.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        #expect(listed == names)
    }

    @Test("What is measured is run: each measure's method and settings are among the runs of its scenario")
    func measured() throws {
        for experiment in PaperExperiments.all {
            for term in experiment.terms + experiment.claims.flatMap(\.terms) {
                let measure = term.measure
                // FedAvg and centralized training of an experiment with another volume are those of its base.
                let allowed = [experiment.name, experiment.name.replacing("-volume", with: "")]
                #expect(allowed.contains(measure.experiment))
                let scenario = try Self.scenario(measure.experiment)
                let variants = scenario.variants().map { $0.scenario.valuesByKey }
                #expect(scenario.methods.contains(measure.method), "\(term.label)")
                #expect(
                    variants.contains { values in measure.settings.allSatisfy { values[$0.key] == $0.value }
                    },
                    "\(experiment.name), \(term.label): \(measure.settings)")
                switch measure.figure {
                case .metric(_, on: .membership): #expect(scenario.evaluation.membership)
                case .metric(_, on: .retrieval): #expect(scenario.evaluation.retrieval)
                case .domainAccuracy(let domain):
                    #expect(scenario.data.styles?.contains { $0.name == domain } == true)
                case .accuracy, .uplinkBytes, .uplinkBytesUntil, .metric: break
                }
            }
        }
    }

    private static func scenario(_ name: String) throws -> Scenario {
        try Scenario.load(
            path: folder.appendingPathComponent("\(name).yaml").path, knownMethods: FederatedMethods.names)
    }

    @Test("Experiments at the paper's ratio differ from their base in the volume alone")
    func volumes() throws {
        let names = PaperExperiments.all.map(\.name).filter {
            $0.hasPrefix("table1") && $0.hasSuffix("-volume")
        }
        #expect(names.count == 4)
        for name in names {
            var own = try Self.scenario(name).valuesByKey
            var base = try Self.scenario(String(name.dropLast("-volume".count))).valuesByKey
            #expect(own["synthesis.per-class"] == "2000" && base["data.train-per-class"] == "130")
            for key in ["name", "methods", "synthesis.per-class"] {
                own[key] = nil
                base[key] = nil
            }
            #expect(own == base)
        }
    }

    @Test("In the paper's own sets the folders are those of its tables")
    func folders() throws {
        func folders(_ name: String) throws -> [String] {
            let path = Self.folder.appendingPathComponent("real/\(name).yaml").path
            return try Scenario.load(path: path, knownMethods: FederatedMethods.names).data.classes
        }
        for name in ["imagenette", "imagefruit", "imageyellow", "imagesquawk"] {
            let ids = try folders(name)
            #expect(ids.count == 10)
            // No id is left as it is: all have names in the tables.
            #expect(
                ImageFolderClassNames.known(ids).allSatisfy { name in
                    name.map { !$0.hasPrefix("n0") && !$0.hasPrefix("n1") } == true
                })
        }
        #expect(ImageFolderClassNames.known(try folders("imagesquawk")).last == "cockatoo")
        let hundred = try folders("imagenet100")
        #expect(Set(hundred).count == 100)
        #expect(
            ImageFolderClassNames.known(hundred).allSatisfy { name in name.map { !$0.hasPrefix("n0") } == true
            })
        #expect(try folders("domainnet") == DomainFolders.paperClasses)
    }
}
