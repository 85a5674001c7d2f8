import Models

/// Which model or set a run reads, as canonical text for the column `input.settings`: `{"shipped":"base"}` or
/// `{"folder":"checkpoints/sd-2-1"}`.
struct InputSource: Encodable {
    private var shipped: String?
    private var folder: String?

    private enum CodingKeys: String, CodingKey { case shipped, folder }

    /// Something that is part of the program.
    init(shipped: String) { self.shipped = shipped }

    /// A folder, as the scenario names it.
    init(folder: String) { self.folder = folder }

    var text: String { CanonicalText.of(self) }
}

extension Scenario.FoundationModel {
    /// The model as the log names it.
    var source: InputSource {
        switch self {
        case .shipped(let quality): InputSource(shipped: quality.rawValue)
        case .folder(let path): InputSource(folder: path)
        }
    }
}

extension Scenario.CaptionerModel {
    /// The model as the log names it.
    var source: InputSource {
        switch self {
        case .builtin: InputSource(shipped: "builtin")
        case .folder(let path): InputSource(folder: path)
        }
    }
}
