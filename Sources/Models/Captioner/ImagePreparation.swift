import Foundation

/// How images become the input of a captioner: `preprocessor_config.json`.
///
/// Resized to a square without regard to their proportions, scaled to 0…1, mean taken off and divided by a
/// deviation. `BlipImageProcessor` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip/image_processing_blip.py
public struct ImagePreparation: Hashable, Sendable {
    /// The longest side of an image that is resized, in pixels; with it, the memory for the filter is
    /// bounded.
    public static let maximumSide = 65_535

    /// Width and height after resizing, in pixels.
    public var side: Int
    /// What a byte is multiplied by.
    public var scale: Double
    /// Taken off each channel after scaling: red, green, blue.
    public var mean: [Double]
    /// What each channel is divided by.
    public var deviation: [Double]

    /// - Parameters:
    ///   - side: width and height that images are brought to, in pixels.
    ///   - scale: what bytes are multiplied by.
    ///   - mean: CLIP's, unless given.
    ///   - deviation: CLIP's, unless given.
    public init(
        side: Int, scale: Double = 1.0 / 255, mean: [Double] = [0.48145466, 0.4578275, 0.40821073],
        deviation: [Double] = [0.26862954, 0.26130258, 0.27577711]
    ) {
        precondition(mean.count == 3 && deviation.count == 3, "\(mean.count) channels; images have 3")
        self.side = side
        self.scale = scale
        self.mean = mean
        self.deviation = deviation
    }

    /// Normalized images, `[N, 3, side, side]`, float32.
    ///
    /// Any image has a result, one of 1 × 1 pixels too: it becomes a square of its colour.
    ///
    /// - Throws: `CaptionerError.imageTooLong`.
    public func callAsFunction(_ images: [RGBImage]) throws -> Tensor {
        let plane = side * side
        var values: [Float] = []
        values.reserveCapacity(images.count * 3 * plane)
        // A byte has 256 values: the arithmetic is done once for each, in the order of transformers'.
        let tables = (0..<3).map { channel in
            (0...255).map { Float((Double($0) * scale - mean[channel]) / deviation[channel]) }
        }
        for image in images {
            guard max(image.width, image.height) <= Self.maximumSide else {
                throw CaptionerError.imageTooLong(
                    width: image.width, height: image.height, allowed: Self.maximumSide)
            }
            let bytes = BicubicResize.planarSquare(image, side: side)
            for channel in 0..<3 {
                values += bytes[channel * plane..<(channel + 1) * plane].map { tables[channel][Int($0)] }
            }
        }
        return Tensor(values, shape: [images.count, 3, side, side])
    }
}

extension ImagePreparation: Encodable {
    /// Reads how a captioner's images are made ready: `image_processor` in `processor_config.json`, as
    /// transformers 5 writes it, else `preprocessor_config.json`, else the defaults.
    ///
    /// - Parameters:
    ///   - files: the captioner's folder.
    ///   - side: what the vision transformer takes.
    /// - Throws: `FoundationModelError` for a key whose value is refused, or another size.
    static func read(_ files: CheckpointFiles, side: Int) throws -> ImagePreparation {
        let newer = "processor_config.json", older = "preprocessor_config.json", key = "image_processor"
        // Before version 5 the newer file was there too, without the images' part.
        if files.exists(newer) {
            let part = ConfigurationSections(path: files.path(newer), values: try files.object(newer))
            if part.value(key) != nil {
                return try read(part[key].values, path: "\(files.path(newer)), \(key)", side: side)
            }
        }
        guard files.exists(older) else { return ImagePreparation(side: side) }
        return try read(try files.object(older), path: files.path(older), side: side)
    }

    private static func read(
        _ values: [String: ConfigurationValue], path: String, side: Int
    ) throws -> ImagePreparation {
        let sections = ConfigurationSections(path: path, values: values)
        var fields = sections.top
        // The same computation by other libraries.
        try fields.require(
            "image_processor_type", .string("BlipImageProcessor"), .string("BlipImageProcessorFast"),
            .string("BlipImageProcessorPil"))
        try fields.require("do_resize", .bool(true))
        try fields.require("do_rescale", .bool(true))
        // Bicubic.
        try fields.require("resample", .number(3))
        try fields.require("default_to_square", .bool(true))
        try fields.require(
            "size", .number(Double(side)),
            .object(["height": .number(Double(side)), "width": .number(Double(side))]))
        let isNormalized = try fields.flag("do_normalize", default: true)
        var result = ImagePreparation(side: side)
        result.scale = try fields.number("rescale_factor", default: result.scale, in: 0...1)
        result.mean = try channels("image_mean", sections, path, in: -1000...1000) ?? result.mean
        result.deviation = try channels("image_std", sections, path, in: 1e-6...1000) ?? result.deviation
        if !isNormalized { (result.mean, result.deviation) = ([0, 0, 0], [1, 1, 1]) }
        fields.ignore(
            "image_mean", "image_std", "crop_size", "do_convert_rgb", "processor_class", "data_format",
            "feature_extractor_type", "transformers_version")
        try fields.refuseOthers()
        return result
    }

    private static func channels(
        _ key: String, _ sections: ConfigurationSections, _ path: String, in range: ClosedRange<Double>
    ) throws -> [Double]? {
        guard let value = sections.value(key) else { return nil }
        let numbers: [Double] =
            if case .array(let items) = value {
                items.compactMap {
                    if case .number(let number) = $0, range.contains(number) { number } else { nil }
                }
            } else { [] }
        guard case .array(let items) = value, items.count == 3, numbers.count == 3 else {
            throw FoundationModelError.unsupportedValue(
                path: path, key: key, value: value.excerpt,
                allowed: "three numbers from \(range.lowerBound) to \(range.upperBound)")
        }
        return numbers
    }

    /// Encodes as `preprocessor_config.json`.
    public func encode(to encoder: any Encoder) throws {
        let side = ConfigurationValue.number(Double(side))
        let values: [String: ConfigurationValue] = [
            "image_processor_type": .string("BlipImageProcessor"),
            "do_resize": .bool(true), "do_rescale": .bool(true), "do_normalize": .bool(true),
            "resample": .number(3), "rescale_factor": .number(scale),
            "size": .object(["height": side, "width": side]),
            "image_mean": .array(mean.map { .number($0) }),
            "image_std": .array(deviation.map { .number($0) }),
        ]
        try values.encode(to: encoder)
    }
}
