import CTorch

// Views and rearrangements. Negative axes count from the last.

extension Tensor {
    /// The same elements under another shape; one size may be −1.
    public func reshape(_ shape: [Int], file: StaticString = #fileID, line: UInt = #line) -> Tensor {
        shape.withInt64 { sizes, rank in make(file: file, line: line) { ct_reshape(handle, sizes, rank, $0) }
        }
    }

    /// Axes in another order.
    public func permute(_ axes: [Int], file: StaticString = #fileID, line: UInt = #line) -> Tensor {
        axes.withInt64 { list, rank in make(file: file, line: line) { ct_permute(handle, list, rank, $0) } }
    }

    public func transpose(_ first: Int, _ second: Int) -> Tensor {
        make { ct_transpose(handle, Int64(first), Int64(second), $0) }
    }

    /// Row-major storage; a copy only where needed.
    public func contiguous() -> Tensor { make { ct_contiguous(handle, $0) } }

    /// `[N, C, H, W]` stored as N, H, W, C; a copy only where needed.
    public func channelsLast() -> Tensor { make { ct_channels_last(handle, $0) } }

    /// `length` slices along `axis` from `start`: a view.
    public func narrow(
        _ axis: Int, from start: Int, count length: Int, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) { ct_narrow(handle, Int64(axis), Int64(start), Int64(length), $0) }
    }

    /// Equal parts along `axis`: views.
    public func chunks(_ parts: Int, axis: Int) -> [Tensor] {
        let shape = shape
        let size = shape[axis < 0 ? axis + shape.count : axis]
        precondition(size % parts == 0, "\(size) does not split into \(parts) equal parts")
        return (0..<parts).map { narrow(axis, from: $0 * size / parts, count: size / parts) }
    }

    /// Axes of size 1 repeated without copying.
    public func expand(_ shape: [Int]) -> Tensor {
        shape.withInt64 { sizes, rank in make { ct_expand(handle, sizes, rank, $0) } }
    }

    /// The tensors one after the other along `axis`.
    public static func concatenate(
        _ tensors: [Tensor], axis: Int = 0, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        tensors.withHandles { handles, count in
            make(file: file, line: line) { ct_concatenate(handles, count, Int64(axis), $0) }
        }
    }

    /// The slices at `indices` (int64) along `axis`.
    public func select(_ indices: Tensor, axis: Int = 0) -> Tensor {
        make { ct_index_select(handle, Int64(axis), indices.handle, $0) }
    }

    /// Mirrored along `axis`.
    public func flip(_ axis: Int) -> Tensor { make { ct_flip(handle, Int64(axis), $0) } }

    /// Constant padding, counted from the last axis: left, right, top, bottom, ….
    public func pad(_ padding: [Int], value: Double = 0) -> Tensor {
        padding.withInt64 { list, count in make { ct_pad(handle, list, count, value, $0) } }
    }

    /// Zero below the diagonal numbered `diagonal`.
    public func upperTriangle(diagonal: Int = 0) -> Tensor { make { ct_triu(handle, Int64(diagonal), $0) } }

    /// A copy with its own storage.
    public func clone() -> Tensor { make { ct_clone(handle, $0) } }
}
