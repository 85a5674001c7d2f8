/// What `scheduler_config.json` holds, before it is known which sampler is asked for.
///
/// diffusers makes any scheduler of the file of another: of the keys each class takes its own, and a key that
/// is missing has that class's default. So the class that the file names matters only where no other one is
/// chosen.
public struct SchedulerFile: Sendable {
    /// The noise schedule and what the network predicts, which do not depend on the sampler: what training
    /// needs.
    public let schedule: SchedulerConfiguration
    private let fields: ConfigurationFields

    /// - Throws: `FoundationModelError` for a key of the noise schedule whose value is refused.
    init(_ fields: ConfigurationFields) throws {
        self.fields = fields
        var fields = fields
        schedule = try SchedulerConfiguration(schedule: &fields)
    }

    /// The keys of a file, or of one that could be.
    ///
    /// - Throws: as above.
    package init(file: String, values: [String: ConfigurationValue]) throws {
        try self.init(ConfigurationFields(file: file, values: values))
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
        var fields = fields
        return try SchedulerConfiguration(
            &fields, for: sampler.map { try Samplers.sampler(named: $0) })
    }

    /// Checks that images can be drawn so.
    ///
    /// - Throws: as `configuration(for:)`; `FoundationModelError.impossibleSteps`.
    public func check(_ options: SamplingOptions) throws { _ = try options.makeSampler(for: self) }
}
