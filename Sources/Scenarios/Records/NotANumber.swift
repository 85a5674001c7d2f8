import RunLog

/// What in the result of a piece of work is infinite or not a number.
package struct NotANumber: Sendable, Hashable {
    /// The first such tensor of a state, in the order of its file; `nil` where it is a loss alone.
    var layer: String?
    /// The first epoch of a training whose loss was such; `nil` without one.
    var epoch: Int?

    /// What `work.metrics` says for a state that is all numbers but for a loss on the way to it.
    static let loss = "loss"

    /// As the log tells it.
    func detail(of kind: WorkKind) -> JSONText {
        var fields: [String: JSONScalar] = ["work": .text(kind.rawValue)]
        if let layer { fields["layer"] = .text(layer) } else { fields["loss"] = "not-a-number" }
        fields["epoch"] = epoch.map { .integer($0) }
        return JSONText(fields)
    }

    /// As people read it.
    var text: String {
        (layer.map { "layer \($0)" } ?? "its loss") + (epoch.map { ", epoch \($0)" } ?? "")
    }
}
