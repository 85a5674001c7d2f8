import Models
import Yams

extension ValueFormat where Value == LoRAReference {
    /// The path of an adapter's file, alone or with its scale.
    static var lora: Self {
        let allowed =
            "the path of a safetensors file, or { path: FILE, scale: NUMBER } with a number from -10 to 10"
        let text = ValueFormat<String>.text(allowed) { !$0.isEmpty }
        let number = ValueFormat<Double>.number(from: -10, to: 10)
        return Self(kind: .text, allowed: allowed) { node, path, reader in
            guard case .mapping(let mapping) = node else {
                return text.read(node, path, &reader).map { LoRAReference(path: $0) }
            }
            var file: String?, scale = 1.0
            for (key, value) in mapping {
                switch key.textOfScalar {
                case "path":
                    guard let read = text.read(value, "\(path).path", &reader) else { return nil }
                    file = read
                case "scale":
                    guard let read = number.read(value, "\(path).scale", &reader) else { return nil }
                    scale = read
                default:
                    reader.reject(key, path, allowed: allowed)
                    return nil
                }
            }
            guard let file else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            return LoRAReference(path: file, scale: scale)
        } write: { adapter in
            adapter.scale == 1
                ? textNode(adapter.path)
                : Node(
                    [(Node("path"), textNode(adapter.path)), (Node("scale"), number.write(adapter.scale))],
                    .implicit, .flow)
        }
    }
}

extension Scenario.Synthesis {
    /// The text-to-image model with what is merged into it: what a provider is opened for.
    struct Model: Hashable {
        let foundation: Scenario.FoundationModel
        let lora: LoRAReference?

        /// What a log calls it.
        var text: String { foundation.source.with(lora).text }
    }

    var model: Model { Model(foundation: foundation, lora: lora) }
}
