import DequeModule

/// The flows of a star by number. Numbers ascend from 0 and are never given twice.
///
/// A window over the numbers, from the oldest flow that is left to the newest: dense in memory, without
/// hashing, and no longer than the flows that came after the oldest one.
struct FlowTable<Flow> {
    private var window = Deque<Flow?>()
    private var firstNumber = 0

    /// Flows in the table.
    private(set) var count = 0

    /// Adds a flow and returns its number.
    ///
    /// - Complexity: O(1), amortized.
    mutating func append(_ flow: Flow) -> Int {
        window.append(flow)
        count += 1
        return firstNumber + window.count - 1
    }

    /// The flow of a number, `nil` when it has been removed or was never there.
    ///
    /// - Complexity: O(1).
    subscript(number: Int) -> Flow? {
        let position = number - firstNumber
        return window.indices.contains(position) ? window[position] : nil
    }

    /// Replaces the flow of a number.
    ///
    /// - Precondition: the flow is in the table.
    mutating func update(_ number: Int, to flow: Flow) {
        precondition(self[number] != nil, "no flow \(number)")
        window[number - firstNumber] = flow
    }

    /// Removes and returns the flow of a number.
    ///
    /// - Complexity: O(1), amortized.
    mutating func remove(_ number: Int) -> Flow? {
        guard let flow = self[number] else { return nil }
        window[number - firstNumber] = nil
        count -= 1
        while case .some(.none) = window.first {
            window.removeFirst()
            firstNumber += 1
        }
        return flow
    }
}

extension FlowTable: Sendable where Flow: Sendable {}
