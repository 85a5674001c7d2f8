import Models
import Simulator

/// A client's model on its way to the server.
public struct ModelUpdate: Sendable {
    /// What travels: the state, or what `codec` made of its change.
    let bytes: StoredBytes
    /// The form of `bytes`.
    let form: UploadForm
    /// The model before it was compressed. What the server knows of it is its base, its numbers, and nothing
    /// else.
    let model: ModelState
    /// The change of the client's control variate, which has travelled before it.
    var control: StoredBytes?
    /// What the client keeps from now on if the server takes the update, by name.
    var kept: [String: StoredBytes] = [:]
}

/// A client's model as the server has it.
public struct ReceivedUpdate: Sendable {
    /// Who made it.
    let client: Int
    /// The state, decoded.
    let state: StoredBytes
    /// The model that the client was sent, of which it made this one.
    var base: StoredBytes?
    /// How many images it was trained on.
    let samples: Int
    /// How many steps led to it, where it says so.
    let steps: Int?
    /// The change of the client's control variate, where it sent one.
    let control: StoredBytes?
}
