/// Which models a run opens before it begins.
struct ModelNeeds {
    /// The text-to-image model, or the synthetic set that the scenario starts from.
    var foundation = false
    /// The captioner: for its captions, or for the features of its image encoder.
    var captioner = false
    /// The rank of adapters of the text-to-image model that clients train; `nil` where they train none.
    var adapterRank: Int?

    /// Whether there is any.
    var any: Bool { foundation || captioner }
}
