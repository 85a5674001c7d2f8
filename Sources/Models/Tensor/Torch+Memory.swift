import CTorch
import Synchronization

// Out of memory in the middle. A tensor that finds no memory traps, since no caller could go on; inside
// `recovering` it does not: the thread goes on with shapes alone (ctorch.h), and the end of it throws.

extension Torch {
    /// Runs `body`; where its tensors find no memory, it goes on quickly without computing anything, and an
    /// error is thrown at its end, whatever it returned or threw.
    ///
    /// No tensor changes after memory was short, but those that `body` made must not be kept by anybody.
    ///
    /// - Throws: `TorchError.outOfMemory`; what `body` throws.
    public static func recovering<Result>(_ body: () throws -> Result) throws -> Result {
        check(ct_recovery_begin())
        let result = Swift.Result { try body() }
        var isLost = false
        check(ct_recovery_end(&isLost))
        guard !isLost else {
            let place = gpu.map { "cuda:\($0)" } ?? "cpu"
            throw TorchError.outOfMemory(
                place: place, items: nil, reason: String(cString: ct_last_error()))
        }
        return try result.get()
    }

    /// Whether memory was short since `recovering` began: long work asks between steps and ends early.
    public static var isOutOfMemory: Bool {
        var isLost = false
        check(ct_out_of_memory(&isLost))
        return isLost
    }

    /// Ends a body of `recovering` in which memory was short.
    ///
    /// - Throws: `CancellationError`, which nobody sees: `recovering` throws its own.
    static func endIfOutOfMemory() throws { if isOutOfMemory { throw CancellationError() } }

    /// Does pieces of `count` items in batches of at most `size`; where memory is short for a batch, it and
    /// those after it are halved, down to one item.
    ///
    /// - Parameters:
    ///   - what: the items, for the sentence that tells of smaller batches: "images to draw".
    ///   - body: does a batch; once more, in parts, where memory was short. What it has computed counts only
    ///     where `endIfOutOfMemory` does not throw after it.
    /// - Returns: how large batches could be.
    /// - Throws: `TorchError.outOfMemory` where there is none for one item; what `body` throws.
    @discardableResult
    static func inBatches(
        of count: Int, atMost size: Int, _ what: String, _ body: (Range<Int>) throws -> Void
    ) throws -> Int {
        var size = size, start = 0
        while start < count {
            let range = start..<min(start + size, count)
            do {
                try recovering { try body(range) }
                start = range.upperBound
            } catch TorchError.outOfMemory(let place, nil, let reason) {
                guard range.count > 1 else {
                    throw TorchError.outOfMemory(place: place, items: what, reason: reason)
                }
                size = (range.count + 1) / 2
                tell("memory is short for \(range.count) \(what) at a time: \(size) are tried")
            }
        }
        return size
    }

    /// Whom sentences about smaller batches are told; nobody unless a program says so.
    public static func tells(_ listener: @escaping @Sendable (String) -> Void) {
        told.withLock { $0 = (listener, []) }
    }
    private static let told = Mutex<(listener: (@Sendable (String) -> Void)?, known: Set<String>)>((nil, []))

    /// Tells each sentence once.
    private static func tell(_ sentence: String) {
        let listener = told.withLock { $0.known.insert(sentence).inserted ? $0.listener : nil }
        listener?(sentence)
    }
}
