import Core
import Foundation
import Models

extension EngineClient {
    func send(to bridge: BridgeProcess, _ folder: SharedFolder?) {
        var blobs = EngineBlobs(bridge: bridge, folder: folder)
        while true {
            let order = state.wait { state -> Order? in
                if state.failure != nil { return .close }
                return state.outbox.isEmpty ? nil : state.outbox.removeFirst()
            }
            var isOver = false
            do {
                switch order {
                case .submit(let content, let first): try send(content, first, bridge, &blobs)
                case .repair(let content): try blobs.repair(content)
                case .cancel(let key):
                    _ = Frame(BridgeOrder(op: "cancel", key: key)).write(to: bridge.input)
                case .release(let content): blobs.release(content)
                case .close:
                    _ = Frame(BridgeOrder(op: "close")).write(to: bridge.input)
                    isOver = true
                }
            } catch {
                switch order {
                case .submit(let content, _), .repair(let content): fail(content.key, error)
                default: break
                }
            }
            if isOver { break }
        }
        folder?.remove()
        state.update { $0.isClosed = true }
    }

    /// Hands the bridge the bytes that it does not have, then the work.
    private func send(
        _ content: WorkParcelContent, _ first: Int, _ bridge: BridgeProcess, _ blobs: inout EngineBlobs
    ) throws {
        try blobs.supply(content)
        var order = BridgeOrder(op: "submit")
        order.job = JobMessage(
            key: content.key, scenario: BlobName(content.scenario), inputs: content.inputs.map(BlobName.init))
        order.names = settings.sharedFolder == nil ? EngineBlobs.names(of: content) : []
        order.first = first
        _ = Frame(order, bodies: [Array(content.text.utf8)]).write(to: bridge.input)
    }
}
