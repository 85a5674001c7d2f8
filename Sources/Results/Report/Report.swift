import Core
import Foundation
import Mustache
import RunLog

/// A results file as one HTML page that needs nothing else: comparison, charts with their data and SQL,
/// provenance.
///
/// ```swift
/// let html = try Report(path: "results/quickstart.sqlite").html()
/// ```
public struct Report {
    /// A picture to embed: a contact sheet of synthetic images.
    public struct Image: Sendable {
        /// What stands under it.
        public let name: String
        /// A PNG or JPEG file's bytes.
        public let bytes: [UInt8]

        /// A picture with its caption.
        public init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// Scenario variants that get a section of their own; a page with more would not be read.
    static let mostSections = 24
    /// Bytes of the page for synthetic and real images; pictures from beside the file come on top.
    static let mostImageBytes = 700_000

    let reader: RunLogReader
    private let comparison: Comparison
    private let images: [Image]
    var imageCount: Int { images.count }
    private let command: String

    /// Opens a results file, which may still be written to.
    ///
    /// - Parameters:
    ///   - path: the results file.
    ///   - images: pictures to embed.
    ///   - command: what the page says that it was made by.
    /// - Throws: `RunLogError`.
    public init(path: String, images: [Image] = [], command: String = "fgl-sim report") throws {
        reader = try RunLogReader(path: path)
        comparison = try Comparison(reader)
        self.images = images
        self.command = command
    }

    /// The page.
    ///
    /// - Parameter version: the state of the file, for a page that is served and follows it (`LiveReport`).
    /// - Throws: `RunLogError`.
    public func html(following version: String? = nil) throws -> String {
        let library = MustacheLibrary(templates: [
            "report": try MustacheTemplate(string: Self.text(PackageResources.report_mustache)),
            "figure": try MustacheTemplate(string: Self.text(PackageResources.figure_mustache)),
            "overview": try MustacheTemplate(string: Self.text(PackageResources.overview_mustache)),
            "sheet": try MustacheTemplate(string: Self.text(PackageResources.sheet_mustache)),
        ])
        guard let html = library.render(try page(version), withTemplate: "report") else {
            preconditionFailure("the template of the report is missing")
        }
        return Self.withoutControlCharacters(html)
    }

    /// HTML has no control characters but line breaks and tabs; those that names and texts of a file hold
    /// become U+FFFD.
    private static func withoutControlCharacters(_ html: String) -> String {
        func isControl(_ byte: UInt8) -> Bool {
            byte < 0x20 && ![0x09, 0x0A, 0x0D].contains(byte) || byte == 0x7F
        }
        guard html.utf8.contains(where: isControl) else { return html }
        let replacement = Array("\u{FFFD}".utf8)
        return String(decoding: html.utf8.flatMap { isControl($0) ? replacement : [$0] }, as: UTF8.self)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func page(_ version: String?) throws -> ReportPage {
        let runs = try reader.runs(), groups = comparison.groups
        let entries = comparison.entries.map(\.run), planned = try reader.plannedRuns().count
        var methods: [String] = [], names: [String] = []
        for run in entries {
            if !methods.contains(run.label) { methods.append(run.label) }
            if !names.contains(run.name) { names.append(run.name) }
        }
        let variants = Dictionary(entries.map { ($0.runID, $0.variant) }) { $1 }
        let styles = Dictionary(
            uniqueKeysWithValues: methods.enumerated().map { ($0.element, $0.offset % Marker.styles) })
        let families = Comparison.families(groups)
        // The variants of a scenario stand together.
        names = families.flatMap { $0.map(\.name) }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        var imageRoom = Self.mostImageBytes, illustrated: Set<String> = []
        var sections = try names.prefix(Self.mostSections).enumerated().map { index, name in
            let own = groups.filter { $0.name == name }, scenario = own.first?.variation.scenario ?? name
            // The variants of a sweep have the images of the first that has any.
            var room = illustrated.contains(scenario) ? 0 : imageRoom
            let before = room
            let section = try section(
                name, entries.filter { $0.name == name }, own, styles, id: "scenario-\(index + 1)",
                hasHeading: names.count > 1, imageRoom: &room)
            if section.sheet != nil {
                illustrated.insert(scenario)
                imageRoom -= before - room
            }
            return section
        }
        for family in families {
            guard let axes = SweepAxes(family),
                let first = sections.firstIndex(where: { $0.name == axes.groups[0].name })
            else { continue }
            sections[first].overview = try SweepOverview(
                axes, of: self, entries: entries, styles: styles, isAlone: families.count == 1,
                anchors: Dictionary(sections.map { ($0.name, $0.id) }) { first, _ in first })
        }
        return ReportPage(
            title: Self.title(names), summary: Self.summary(runs, names, planned: planned),
            scenarios: sections,
            images: images.map {
                .init(
                    name: $0.name,
                    source:
                        "data:\(Self.mediaType(of: $0.bytes));base64,\(Data($0.bytes).base64EncodedString())")
            },
            imagesCaption: try imagesCaption(runs),
            imagesCommand: try images.isEmpty ? imagesCommand(runs) : nil,
            runs: runs.map { Self.provenance($0, variants[$0.runID] ?? "") },
            builds: Set(runs.map(\.build)).sorted(),
            scenarioTexts: Self.texts(of: runs), command: command,
            file: URL(fileURLWithPath: reader.path).lastPathComponent,
            style: Self.text(PackageResources.report_css), script: Self.text(PackageResources.report_js),
            version: version, liveScript: Self.text(PackageResources.live_js),
            hasContents: sections.count > 1, hasImages: !images.isEmpty)
    }

    private static func mediaType(of bytes: [UInt8]) -> String {
        bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) ? "image/png" : "image/jpeg"
    }

    /// The name that all variants begin with.
    private static func title(_ names: [String]) -> String {
        guard let first = names.first else { return "no runs" }
        let stems = Set(names.map { $0.prefix { $0 != " " } })
        return names.count == 1 ? first : stems.count == 1 ? String(stems.first!) : "\(names.count) scenarios"
    }

    /// - Parameter planned: the runs of all experiments of the file.
    private static func summary(_ runs: [RunSummary], _ names: [String], planned: Int) -> String {
        func count(_ number: Int, _ noun: String) -> String {
            "\(Format.grouped(number)) \(noun)\(number == 1 ? "" : "s")"
        }
        let whole = runs.count { $0.status.isWhole }
        let isGoingOn = whole < planned && runs.contains { $0.status == .running }
        var phrases: [String] = []
        phrases.append(
            isGoingOn
                ? "\(whole) of \(count(max(planned, runs.count), "run")) finished" : count(runs.count, "run"))
        if names.count > 1 { phrases.append(count(names.count, "variant")) }
        if names.count > mostSections { phrases.append("the first \(mostSections) shown") }
        let clients = Set(runs.map(\.clients)).sorted()
        if let least = clients.first, let most = clients.last {
            phrases.append(least == most ? count(least, "client") : "\(least) to \(most) clients")
        }
        let seeds = Set(runs.map(\.seed)).sorted()
        if seeds.count > 8 {
            phrases.append("\(seeds.count) seeds")
        } else if !seeds.isEmpty {
            phrases.append(
                "seed\(seeds.count == 1 ? "" : "s") " + seeds.map(String.init).joined(separator: ", "))
        }
        for status in [RunStatus.running, .diverged, .interrupted, .failed] {
            let number = runs.filter { $0.status == status }.count
            if number > 0 { phrases.append("\(number) \(status.rawValue)") }
        }
        return phrases.joined(separator: " · ")
    }

    private static func provenance(_ run: RunSummary, _ variant: String) -> ReportPage.Run {
        ReportPage.Run(
            id: run.runID, name: Comparison.label(run.name, variant: variant), method: run.method,
            seed: run.seed, status: run.status.rawValue,
            started: String(run.startedAt.prefix(19)).replacing("T", with: " "),
            wall: run.wallSeconds.map(Format.duration) ?? "–", log: run.logSHA256 ?? "",
            logShort: run.logSHA256.map { String($0.prefix(12)) } ?? "–", model: run.modelSHA256 ?? "",
            modelShort: run.modelSHA256.map { String($0.prefix(12)) } ?? "–", error: run.error)
    }

    /// Each different scenario once; the seed is part of its text.
    private static func texts(of runs: [RunSummary]) -> [ReportPage.ScenarioText] {
        var seen: Set<String> = []
        return runs.filter { seen.insert($0.scenarioSHA256).inserted }.prefix(40).map {
            ReportPage.ScenarioText(
                name: "\($0.name), seed \($0.seed)", hash: String($0.scenarioSHA256.prefix(12)),
                text: $0.scenario)
        }
    }
}
