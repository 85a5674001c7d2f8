import CTorch

// Element by element, with broadcasting.

extension Tensor {
    public func exp() -> Tensor { make { ct_exp(handle, $0) } }
    public func log() -> Tensor { make { ct_log(handle, $0) } }
    public func abs() -> Tensor { make { ct_abs(handle, $0) } }
    public func sqrt() -> Tensor { make { ct_sqrt(handle, $0) } }
    public func squared() -> Tensor { make { ct_square(handle, $0) } }
    public func sin() -> Tensor { make { ct_sin(handle, $0) } }
    public func cos() -> Tensor { make { ct_cos(handle, $0) } }
    public func tanh() -> Tensor { make { ct_tanh(handle, $0) } }
    public func sigmoid() -> Tensor { make { ct_sigmoid(handle, $0) } }
    /// x · sigmoid(x).
    public func silu() -> Tensor { make { ct_silu(handle, $0) } }
    public func relu() -> Tensor { make { ct_relu(handle, $0) } }
    /// ReLU in place; returns the same storage.
    public func reluInPlace() -> Tensor { make { ct_relu_(handle, $0) } }
    /// x · Φ(x), Φ the normal distribution function; or its tanh approximation (arXiv 1606.08415).
    public func gelu(tanhApproximation: Bool = false) -> Tensor {
        make { ct_gelu(handle, tanhApproximation, $0) }
    }

    public func clamp(_ minimum: Double, _ maximum: Double) -> Tensor {
        make { ct_clamp(handle, minimum, maximum, $0) }
    }

    public func power(_ exponent: Double) -> Tensor { make { ct_pow_scalar(handle, exponent, $0) } }

    /// True where the elements agree.
    public func equals(_ other: Tensor) -> Tensor { make { ct_equal_elements(handle, other.handle, $0) } }

    /// The elements converted; the tensor itself where nothing is to convert.
    public func to(_ type: ElementType) -> Tensor {
        elementType == type ? self : make { ct_to_dtype(handle, type.rawValue, $0) }
    }

    /// Adds in place; returns the same storage.
    @discardableResult
    public func addInPlace(_ other: Tensor) -> Tensor { make { ct_add_(handle, other.handle, $0) } }

    /// Overwrites the elements with those of `source`.
    public func copy(from source: Tensor) { check(ct_copy_(handle, source.handle)) }

    public static func + (left: Tensor, right: Tensor) -> Tensor {
        make { ct_add(left.handle, right.handle, $0) }
    }
    public static func - (left: Tensor, right: Tensor) -> Tensor {
        make { ct_sub(left.handle, right.handle, $0) }
    }
    public static func * (left: Tensor, right: Tensor) -> Tensor {
        make { ct_mul(left.handle, right.handle, $0) }
    }
    public static func / (left: Tensor, right: Tensor) -> Tensor {
        make { ct_div(left.handle, right.handle, $0) }
    }
    public static func + (left: Tensor, right: Double) -> Tensor {
        make { ct_add_scalar(left.handle, right, $0) }
    }
    public static func - (left: Tensor, right: Double) -> Tensor {
        make { ct_add_scalar(left.handle, -right, $0) }
    }
    public static func * (left: Tensor, right: Double) -> Tensor {
        make { ct_mul_scalar(left.handle, right, $0) }
    }
    public static func / (left: Tensor, right: Double) -> Tensor {
        make { ct_mul_scalar(left.handle, 1 / right, $0) }
    }
    public static prefix func - (operand: Tensor) -> Tensor { make { ct_neg(operand.handle, $0) } }
}

// Reductions.

extension Tensor {
    /// Over `axes`, or over all where none is given.
    public func sum(_ axes: [Int] = [], keepAxes: Bool = false) -> Tensor {
        axes.withInt64 { list, count in make { ct_sum(handle, list, count, keepAxes, $0) } }
    }

    /// Over `axes`, or over all where none is given.
    public func mean(_ axes: [Int] = [], keepAxes: Bool = false) -> Tensor {
        axes.withInt64 { list, count in make { ct_mean(handle, list, count, keepAxes, $0) } }
    }

    /// Indices (int64) of the largest elements along `axis`.
    public func argmax(_ axis: Int) -> Tensor { make { ct_argmax(handle, Int64(axis), $0) } }

    /// The largest element, as a tensor of one element.
    public func max() -> Tensor { make { ct_max(handle, $0) } }

    /// The smallest element, as a tensor of one element.
    public func min() -> Tensor { make { ct_min(handle, $0) } }
}
