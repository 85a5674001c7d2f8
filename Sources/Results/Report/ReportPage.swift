/// What the templates show. Names of properties are the names in `report.mustache`.
struct ReportPage {
    /// A figure to remember.
    struct Card {
        let label: String
        let value: String
        let which: String
        let against: String
    }

    /// A line of the comparison.
    struct ComparisonRow {
        let style: Int
        let mark: String
        /// In HTML.
        let method: String
        let cells: [String]
    }

    /// A prompt and how many clients sent it.
    struct PromptLine {
        let label: String
        let text: String
        let clients: String
    }

    /// What the clients of a scenario sent.
    struct Prompts {
        let caption: String
        let rows: [PromptLine]
    }

    /// A scenario variant.
    struct ScenarioSection {
        let id: String
        let name: String
        /// The name in the contents of the page.
        let shortName: String
        let hasHeading: Bool
        let cards: [Card]
        /// The figure before the table: accuracy against bytes.
        let lead: Figure?
        let comparisonCaption: String
        let comparisonColumns: [String]
        let comparisonRows: [ComparisonRow]
        let figures: [Figure]
        let sheet: ImageSheet?
        let prompts: Prompts?
        /// What stands before the first variant of a sweep.
        var overview: SweepOverview?
    }

    /// A picture, embedded.
    struct Image {
        let name: String
        let source: String
    }

    /// A run's line among the provenance.
    struct Run {
        let id: Int64
        let name: String
        let method: String
        let seed: UInt64
        let status: String
        let started: String
        let wall: String
        let log: String
        let logShort: String
        let model: String
        let modelShort: String
        let error: String?
    }

    /// A scenario as resolved.
    struct ScenarioText {
        let name: String
        let hash: String
        let text: String
    }

    let title: String
    let summary: String
    let scenarios: [ScenarioSection]
    let images: [Image]
    let imagesCaption: String
    let imagesCommand: String?
    let runs: [Run]
    let builds: [String]
    let scenarioTexts: [ScenarioText]
    let command: String
    let file: String
    let style: String
    let script: String
    /// The state of the file, for a page that follows it.
    let version: String?
    let liveScript: String
    // Stored, since templates see no computed properties.
    let hasContents: Bool
    let hasImages: Bool
}
