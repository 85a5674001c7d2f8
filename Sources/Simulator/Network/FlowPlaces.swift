/// Where the flows of a star are, by number, in four bytes each. Numbers ascend from 0.
///
/// A window over the numbers, from the oldest flow that is left to the newest, without hashing.
struct FlowPlaces: Sendable {
    /// Where a flow is.
    enum Place: Equatable {
        /// Announced; it does not drain yet.
        case waiting
        /// In a slot of the trunk of its direction.
        case draining(slot: Int32, TransferDirection)
    }

    private static let gone: Int32 = -1
    private static let waiting: Int32 = -2
    /// By number less `firstNumber`: a slot and a direction as one number, or one of the above.
    private var codes = AlignedArray<Int32>()
    private var firstNumber = 0
    /// Codes at the beginning whose flows are gone.
    private var passed = 0

    /// Flows that are left.
    private(set) var count = 0

    /// Adds a flow that waits, and returns its number.
    ///
    /// - Complexity: O(1), amortized.
    mutating func appendWaiting() -> Int {
        codes.append(Self.waiting)
        count += 1
        return firstNumber + codes.count - 1
    }

    /// Where a flow is; `nil` when it has been removed or was never there.
    ///
    /// - Complexity: O(1).
    subscript(number: Int) -> Place? {
        let position = number - firstNumber
        return position >= passed && position < codes.count ? Self.place(codes[position]) : nil
    }

    /// Notes that a flow drains.
    ///
    /// - Precondition: the flow waits.
    mutating func setDraining(_ number: Int, slot: Int32, _ direction: TransferDirection) {
        let position = number - firstNumber
        precondition(codes[position] == Self.waiting, "flow \(number) does not wait")
        codes[position] = slot << 1 | (direction == .up ? 0 : 1)
    }

    /// Notes that a draining flow waits for more bytes to send.
    mutating func setWaiting(_ number: Int) {
        codes[number - firstNumber] = Self.waiting
    }

    /// Removes a flow and returns where it was.
    ///
    /// - Complexity: O(1), amortized.
    mutating func remove(_ number: Int) -> Place? {
        let position = number - firstNumber
        guard position >= passed, position < codes.count, let place = Self.place(codes[position]) else {
            return nil
        }
        codes[position] = Self.gone
        count -= 1
        while passed < codes.count, codes[passed] == Self.gone { passed += 1 }
        if passed > 1024, 2 * passed > codes.count {
            codes.removeFirst(passed)
            firstNumber += passed
            passed = 0
        }
        return place
    }

    private static func place(_ code: Int32) -> Place? {
        switch code {
        case gone: nil
        case waiting: .waiting
        default: .draining(slot: code >> 1, code & 1 == 0 ? .up : .down)
        }
    }
}
