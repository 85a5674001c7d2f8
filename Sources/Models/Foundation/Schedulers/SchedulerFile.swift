/// What `scheduler_config.json` holds, before it is known which sampler is asked for.
///
/// diffusers makes any scheduler of the file of another: of the keys each class takes its own, and a key that
/// is missing has that class's default. So the class that the file names matters only where no other one is
/// chosen, neither by the user nor by the folder's `model_index.json`.
public struct SchedulerFile: Sendable {
    /// The noise schedule and what the network predicts, which do not depend on the sampler: what training
    /// needs.
    public let schedule: SchedulerConfiguration
    private let fields: ConfigurationFields
    /// Whether `StableDiffusionPipeline` corrects it.
    private let isCorrected: Bool
    /// The class that the folder's `model_index.json` names, where the file has another or none.
    private let otherClass: NamedClass?

    /// A scheduler's class in `model_index.json`.
    package struct NamedClass: Sendable {
        let name: String
        /// Of the file that names it.
        let path: String

        package init(name: String, path: String) {
            self.name = name
            self.path = path
        }
    }

    /// - Parameter isCorrected: whether the pipeline is diffusers' `StableDiffusionPipeline`, which takes
    ///   values of two keys for mistakes of old files.
    /// - Parameter named: the class in `model_index.json`.
    /// - Throws: `FoundationModelError` for a key of the noise schedule whose value is refused.
    init(_ fields: ConfigurationFields, isCorrected: Bool = false, named: NamedClass? = nil) throws {
        self.isCorrected = isCorrected
        let own = fields.text("_class_name")
        // The file of a class that is not known here is not read as another's.
        let isReadable =
            !fields.isGiven("_class_name") || Samplers.all.contains { $0.className == own }
        otherClass = named.flatMap { $0.name != own && isReadable ? $0 : nil }
        var fields = fields
        if let otherClass { fields = fields.replacing("_class_name", with: .string(otherClass.name)) }
        self.fields = fields
        schedule = try SchedulerConfiguration(schedule: &fields)
    }

    /// The keys of a file, or of one that could be.
    ///
    /// - Throws: as above.
    package init(
        file: String, values: [String: ConfigurationValue], isCorrected: Bool = false,
        named: NamedClass? = nil
    ) throws {
        try self.init(
            ConfigurationFields(file: file, values: values), isCorrected: isCorrected, named: named)
    }

    /// Calls of the network for a step of the file's own sampler, the last one aside.
    public var callsPerStep: Int {
        Samplers.all.first { fields.isEqual("_class_name", .string($0.className)) }?.callsPerStep ?? 1
    }

    /// The configuration of a sampler.
    ///
    /// - Parameter sampler: a name out of `Samplers.names`, or diffusers' class name; nil for the file's own.
    /// - Throws: `FoundationModelError` for a key whose value is refused; `.unknownScheduler`.
    public func configuration(for sampler: String? = nil) throws -> SchedulerConfiguration {
        try configuration(for: sampler, isCorrected: isCorrected)
    }

    private func configuration(for sampler: String?, isCorrected: Bool) throws -> SchedulerConfiguration {
        if sampler == nil, let otherClass {
            let names = Samplers.all.map { $0.className }
            guard names.contains(otherClass.name) else {
                throw FoundationModelError.unsupportedValue(
                    path: otherClass.path, key: "scheduler", value: "\"\(otherClass.name)\"",
                    allowed: ConfigurationFields.listed(names.map { "\"\($0)\"" }))
            }
        }
        var fields = fields
        for (key, value) in isCorrected ? Self.corrections : [] {
            // A scheduler that is made of another takes over what the file says, and no defaults.
            if sampler == nil || fields.isGiven(key) { fields = fields.replacing(key, with: value) }
        }
        return try SchedulerConfiguration(
            &fields, for: sampler.map { try Samplers.sampler(named: $0) })
    }

    /// What `StableDiffusionPipeline` sets in the configuration of its scheduler.
    private static let corrections: [(String, ConfigurationValue)] = [
        ("steps_offset", .number(1)), ("clip_sample", .bool(false)),
    ]

    /// What versions that knew no corrections, and not the class of `model_index.json`, have computed
    /// otherwise of the same files; empty for most.
    package var note: String {
        let other = otherClass.map { "scheduler \($0.name) of model_index.json" }
        return [dependsOnCorrections ? "steps_offset and clip_sample corrected" : nil, other]
            .compactMap(\.self).joined(separator: "; ")
    }

    /// Whether the corrections change what some sampler computes.
    private var dependsOnCorrections: Bool {
        guard isCorrected else { return false }
        return ([nil] + Samplers.names.map(Optional.init)).contains { name in
            guard let plain = try? configuration(for: name, isCorrected: false),
                let own = try? configuration(for: name)
            else { return false }
            return plain.clipRange != own.clipRange
                || plain.spacing == .leading && plain.stepsOffset != own.stepsOffset
        }
    }

    /// Checks that images can be drawn so.
    ///
    /// - Throws: as `configuration(for:)`; `FoundationModelError.impossibleSteps`.
    public func check(_ options: SamplingOptions) throws { _ = try options.makeSampler(for: self) }
}
