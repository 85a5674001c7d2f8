import CTorch
import Foundation
import Synchronization

/// The weights of networks where they are computed with: in a type, on a device. One copy for all threads of
/// a process that compute on the same device.
///
/// Weights are loaded on the processor, where they are views of the mapped files if these have their type.
/// What is stored in another type, is computed elsewhere or has an adapter merged needs a copy, and a copy
/// for each worker would fill a GPU.
final class PlacedWeights: @unchecked Sendable {
    // @unchecked because tensors are not Sendable: these are read only, and libtorch counts references to
    // them atomically.
    private let tensors: [Tensor]

    private init(_ tensors: [Tensor]) { self.tensors = tensors }

    /// A network's weights, and the type in which its products are to be computed.
    typealias Part = (parameters: ParameterStore, type: ElementType?)

    /// Puts the weights of some parts on the calling thread's device.
    ///
    /// - Parameters:
    ///   - parts: networks with weights on the processor.
    ///   - identity: what they were loaded from: equal texts are equal weights. Asked only where a copy is
    ///     needed, since it opens the files once more.
    /// - Returns: what keeps the copy for the next thread as long as it is held; nil where none was needed.
    /// - Throws: what `identity` throws.
    static func place(
        _ parts: [Part], identity: @autoclosure () throws -> String
    ) rethrows -> PlacedWeights? {
        guard Torch.gpu != nil || parts.contains(where: { $0.type != nil || $0.parameters.areCopies })
        else { return nil }
        let types = parts.map { $0.type.map { "\($0.rawValue)" } ?? "-" }.joined(separator: " ")
        let key = try "\(Torch.gpu ?? -1) \(types)\n\(identity())"
        // The lock is held while weights travel: whoever wants the same ones waits for them.
        return known.withLock { known in
            known = known.filter { $0.value.weights != nil }
            let placed = known[key]?.weights ?? PlacedWeights(parts.flatMap(copies))
            // Weights that found no memory are none.
            if !Torch.isOutOfMemory { known[key] = Reference(weights: placed) }
            placed.adopt(in: parts)
            return placed
        }
    }

    private struct Reference { weak var weights: PlacedWeights? }
    private static let known = Mutex<[String: Reference]>([:])

    /// Makes all entries of the parts use these tensors.
    private func adopt(in parts: [Part]) {
        let entries = parts.flatMap(\.parameters.entries)
        precondition(entries.count == tensors.count, "weights of other networks")
        for (entry, tensor) in zip(entries, tensors) { entry.tensor.adoptMemory(of: tensor) }
    }

    private static func copies(of part: Part) -> [Tensor] {
        Torch.withoutGradients {
            part.parameters.entries.map { entry in
                let type = part.type.flatMap { isComputed(entry, in: part.parameters) ? $0 : nil }
                // Converted before it travels: half the bytes.
                // Detached: who changes its own weights for a while must not change these.
                let placed = entry.tensor.to(type ?? entry.tensor.elementType).onDevice().detached()
                // A view is not read again where there is a copy of another type or elsewhere.
                if type != nil || Torch.gpu != nil { part.parameters.discardPages(of: entry) }
                return placed
            }
        }
    }

    /// Whether an entry belongs to a product: matrices, tables, kernels and what is added to their results.
    /// Normalizations have vectors alone, and keep float32.
    private static func isComputed(_ entry: ParameterStore.Entry, in store: ParameterStore) -> Bool {
        guard entry.tensor.elementType == .float32 else { return false }
        if entry.tensor.shape.count > 1 { return true }
        guard entry.name.hasSuffix("bias") else { return false }
        let weight = store[entry.name.dropLast("bias".count) + "weight"]
        return weight.map { $0.shape.count > 1 } ?? false
    }
}

extension Tensor {
    /// A copy on the calling thread's device; the tensor itself where it lies there.
    func onDevice() -> Tensor { make { ct_to_device(handle, $0) } }
}
