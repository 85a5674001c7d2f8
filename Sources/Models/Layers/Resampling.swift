/// Halves height and width by a strided 3 × 3 convolution.
///
/// `Downsample2D` of https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/downsampling.py
public struct Downsampler {
    private let convolution: Convolution2D
    private let padsAfter: Bool

    /// - Parameters:
    ///   - path: where its parameters stand among the names of the store.
    ///   - channels: in and out.
    ///   - padding: 1, or 0 for one row and column of zeros below and to the right only.
    public init(_ path: ParameterPath, channels: Int, padding: Int) {
        convolution = Convolution2D(
            path / "conv", from: channels, to: channels, kernel: 3, stride: 2, padding: padding)
        padsAfter = padding == 0
    }

    /// `[N, C, H, W]` → `[N, C, H / 2, W / 2]`.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        convolution(padsAfter ? input.pad([0, 1, 0, 1]) : input)
    }
}

/// Doubles height and width by repetition, then a 3 × 3 convolution.
///
/// `Upsample2D` of https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/upsampling.py
public struct Upsampler {
    private let convolution: Convolution2D

    /// Registers the convolution.
    public init(_ path: ParameterPath, channels: Int) {
        convolution = Convolution2D(path / "conv", from: channels, to: channels, kernel: 3)
    }

    /// `[N, C, H, W]` → `[N, C, 2 H, 2 W]`.
    public func callAsFunction(_ input: Tensor) -> Tensor { convolution(input.upsampleNearest2d()) }
}
