extension LoRAProblem {
    /// One sentence about a key.
    func sentence(key: String) -> String {
        switch self {
        case .noAdapter:
            "no low-rank adapter: no key ends with .lora_down.weight or .lora_A.weight; allowed are the "
                + "layouts of "
                + "kohya, diffusers and peft"
        case .unknownKey:
            "'\(key)' is of no kind of adapter that is merged; allowed are LoRA's pairs of matrices and "
                + "their alpha, "
                + "as kohya, diffusers and peft write them"
        case .noLayer(let network):
            "'\(key)' is for a layer that this model's \(network) does not have; the adapter was made for "
                + "another model"
        case .shape(let found, let layer, let expected):
            "'\(key)' is \(found), but the layer \(layer) is \(expected); the adapter was made for another "
                + "model"
        case .noPartner:
            "'\(key)' has no second matrix beside it"
        case .ranks(let down, let up):
            "'\(key)' has the rank \(down), but the second matrix beside it \(up)"
        case .rankZero:
            "'\(key)' has the rank 0"
        case .notFinite:
            "'\(key)' has an element that is not a finite number"
        case .setting(let value, let allowed):
            "'\(key)' is \(value); allowed is \(allowed)"
        }
    }
}
