/// `model_index.json`: which pipeline of diffusers a folder is for, and which parts it has.
struct PipelineIndex {
    /// The pipelines that are drawn with, by diffusers' class names.
    static let classes = [
        "StableDiffusionPipeline", "StableDiffusionXLPipeline", "LatentConsistencyModelPipeline",
    ]
    private static let largeClass = "StableDiffusionXLPipeline"
    /// Parts that only look at finished images.
    private static let unusedParts = ["safety_checker", "feature_extractor", "image_encoder"]

    /// Whether Stable Diffusion XL's empty negative prompt is all zeros instead of encoded.
    let zeroesEmptyPrompt: Bool
    /// What of the folder is not used, in sentences.
    let notices: [String]

    /// Refuses the folder of another pipeline before its parts are looked for, which have other names.
    ///
    /// - Throws: `FoundationModelError.unsupportedValue`; `.noModel` where there is no part either.
    static func requireKnownClass(_ files: CheckpointFiles) throws {
        guard files.exists(name) else {
            guard !files.exists("unet") else { return }
            throw FoundationModelError.noModel(
                path: files.folder, singleFiles: CheckpointFiles.wholeModels(in: files.folder))
        }
        guard case .string(let own)? = try? files.unrecordedObject(name)["_class_name"] else { return }
        guard !classes.contains(own) else { return }
        throw FoundationModelError.unsupportedValue(
            path: files.path(name), key: "_class_name", value: "\"\(own)\"",
            allowed: classes.map { "\"\($0)\"" }.joined(separator: " or "))
    }

    private static let name = "model_index.json"

    /// The class that diffusers makes of the scheduler's file, whatever class that file names; `nil` where
    /// the index names none.
    static func schedulerClass(_ files: CheckpointFiles) -> SchedulerFile.NamedClass? {
        guard files.exists(name), case .array(let items)? = try? files.unrecordedObject(name)["scheduler"],
            items.count == 2, case .string(let own) = items[1]
        else { return nil }
        return SchedulerFile.NamedClass(name: own, path: files.path(name))
    }

    /// Reads the file where it is there; without it the networks say which pipeline they are for.
    ///
    /// It belongs to the identity of the models that take a setting from it: Stable Diffusion XL's.
    ///
    /// - Throws: `FoundationModelError` for a pipeline that is not drawn with, and for one that the UNet is
    ///   not for.
    init(_ files: CheckpointFiles, _ shapes: FoundationFolder.Configurations) throws {
        let name = Self.name, isLarge = shapes.secondTextEncoder != nil
        guard files.exists(name) else {
            (zeroesEmptyPrompt, notices) = (true, [])
            return
        }
        let values: [String: ConfigurationValue]
        do { values = try isLarge ? files.object(name) : files.unrecordedObject(name) } catch {
            guard !isLarge else { throw error }
            // Nothing that is computed with Stable Diffusion 1 or 2 depends on the file.
            (zeroesEmptyPrompt, notices) = (true, ["not read: \(error)"])
            return
        }
        var fields = ConfigurationFields(file: files.path(name), values: values)
        let own = fields.text("_class_name") ?? (isLarge ? Self.largeClass : Self.classes[0])
        guard (own == Self.largeClass) == isLarge else {
            throw FoundationModelError.foreignUNet(
                path: files.inner("unet").path("config.json"), pipeline: own, isLarge: isLarge)
        }
        zeroesEmptyPrompt = try fields.flag("force_zeros_for_empty_prompt", default: true)
        let unused = Self.unusedParts.filter { fields.isPart($0) }
        notices =
            unused.isEmpty
            ? [] : ["\(files.folder): not used: \(unused.joined(separator: ", ")); images are not filtered"]
    }
}
