/// Which models a run opens before it begins.
struct ModelNeeds {
    /// The text-to-image model, or the synthetic set that the scenario starts from.
    var foundation = false
    /// The captioner: for its captions, or for the features of its image encoder.
    var captioner = false

    /// Whether there is any.
    var any: Bool { foundation || captioner }
}
