import Foundation

/// The name of a tensor in an adapter's file, taken apart.
///
/// Three layouts are read. kohya's: `lora_unet_down_blocks_0_…_to_q.lora_down.weight`, `lora_te_…`,
/// `lora_te1_…`, `lora_te2_…`, for Stable Diffusion XL also with the blocks' names of its authors
/// (`input_blocks_4_1_…`). diffusers': `unet.….to_q.lora.down.weight`, `….processor.to_q_lora.down.weight`,
/// `text_encoder.….lora_linear_layer.up.weight`. peft's: `base_model.model.….to_q.lora_A.weight`.
struct LoRAKey: Hashable {
    /// What a tensor is to its layer.
    enum Role: Hashable {
        /// The first matrix, `[rank, inputs]`.
        case down
        /// The second one, `[outputs, rank]`.
        case up
        /// A number: the product is multiplied with it over the rank.
        case alpha
    }

    /// The network whose layer it changes.
    let network: FoundationFolder.Part
    /// The layer's name among the network's parameters, with underscores in the place of dots.
    let layer: String

    /// The layer and role of a tensor; nil where the name is of none of the layouts.
    static func parsed(_ name: String, resnetsPerLevel: Int) -> (key: LoRAKey, role: Role)? {
        guard let (ending, role) = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
        var stem = String(name.dropLast(ending.count))
        for prefix in ["base_model.model.", "diffusion_model."] where stem.hasPrefix(prefix) {
            stem = String(stem.dropFirst(prefix.count))
        }
        let prefix = prefixes.first { stem.hasPrefix($0.0) }
        stem = String(stem.dropFirst(prefix?.0.count ?? 0))
        stem = stem.replacingOccurrences(of: ".processor.", with: ".").replacingOccurrences(
            of: ".", with: "_")
        let network = prefix?.1 ?? (stem.hasPrefix("text_model_") ? .textEncoder : .unet)
        let layer =
            network == .unet
            ? OriginalBlockNames(resnetsPerLevel: resnetsPerLevel).renamed(stem) : textLayer(stem)
        return (LoRAKey(network: network, layer: layer), role)
    }

    /// Longer ones before their own ends.
    private static let endings: [(String, Role)] = [
        (".lora_linear_layer.down.weight", .down), (".lora_linear_layer.up.weight", .up),
        (".lora_A.default.weight", .down), (".lora_B.default.weight", .up),
        (".lora_A.weight", .down), (".lora_B.weight", .up),
        (".lora_down.weight", .down), (".lora_up.weight", .up),
        (".lora.down.weight", .down), (".lora.up.weight", .up),
        ("_lora.down.weight", .down), ("_lora.up.weight", .up),
        (".alpha", .alpha),
    ]

    private static let prefixes: [(String, FoundationFolder.Part)] = [
        ("lora_unet_", .unet), ("lora_te1_", .textEncoder), ("lora_te2_", .secondTextEncoder),
        ("lora_te_", .textEncoder), ("unet.", .unet), ("text_encoder_2.", .secondTextEncoder),
        ("text_encoder.", .textEncoder),
    ]

    /// A text encoder's layer: diffusers once gave its projections the names of the UNet's.
    private static func textLayer(_ stem: String) -> String {
        let prefix = "text_model_"
        let layer = stem.hasPrefix(prefix) ? String(stem.dropFirst(prefix.count)) : stem
        for (old, new) in [
            ("to_q", "q_proj"), ("to_k", "k_proj"), ("to_v", "v_proj"), ("to_out", "out_proj"),
        ]
        where layer.hasSuffix("self_attn_\(old)") {
            return layer.dropLast(old.count) + new
        }
        return layer
    }
}

/// Stable Diffusion's blocks as its authors number them, through all levels: `input_blocks_4_1` is the second
/// part of the first step of the second level down.
///
/// The numbers follow from the UNet's shape;
/// https://github.com/huggingface/diffusers/blob/main/scripts/convert_diffusers_to_original_sdxl.py lists
/// both names of each layer.
struct OriginalBlockNames {
    /// Residual blocks of a level on the way down.
    let resnetsPerLevel: Int

    /// A layer's name in diffusers, with underscores; unchanged where it is no such name.
    func renamed(_ name: String) -> String {
        let fixed = [
            "time_embed_0": "time_embedding_linear_1", "time_embed_2": "time_embedding_linear_2",
            "label_emb_0_0": "add_embedding_linear_1", "label_emb_0_2": "add_embedding_linear_2",
            "input_blocks_0_0": "conv_in", "out_2": "conv_out",
        ]
        if let name = fixed[name] { return name }
        let parts = name.split(separator: "_").map(String.init)
        guard parts.count > 3, parts[1].hasPrefix("block"), let number = Int(parts[2]) else { return name }
        let steps = resnetsPerLevel + 1
        switch parts[0] {
        case "input":
            guard number > 0, let part = Int(parts[3]) else { return name }
            let level = (number - 1) / steps, step = (number - 1) % steps
            let rest = Array(parts[4...])
            if rest == ["op"] { return "down_blocks_\(level)_downsamplers_0_conv" }
            return Self.joined("down_blocks_\(level)", part == 0 ? "resnets" : "attentions", step, rest)
        case "middle":
            let rest = Array(parts[3...])
            return Self.joined("mid_block", number == 1 ? "attentions" : "resnets", number == 2 ? 1 : 0, rest)
        case "output":
            guard let part = Int(parts[3]) else { return name }
            let rest = Array(parts[4...]), level = number / steps
            // The last part of a level's last step doubles the resolution, behind a transformer or not.
            if rest == ["conv"] { return "up_blocks_\(level)_upsamplers_0_conv" }
            return Self.joined(
                "up_blocks_\(level)", part == 0 ? "resnets" : "attentions", number % steps, rest)
        default: return name
        }
    }

    private static func joined(_ block: String, _ kind: String, _ index: Int, _ rest: [String]) -> String {
        let inner = rest.joined(separator: "_")
        let layers = [
            "in_layers_2": "conv1", "out_layers_3": "conv2", "emb_layers_1": "time_emb_proj",
            "skip_connection": "conv_shortcut",
        ]
        return "\(block)_\(kind)_\(index)_\(layers[inner] ?? inner)"
    }
}
