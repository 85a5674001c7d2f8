import Models

extension Scenario {
    /// What the built-in models of a run with prompts have not learnt of its classes and templates: a
    /// sentence each.
    ///
    /// Checkpoints from elsewhere and adapted models may know any word; words that are learnt from images
    /// need not be known.
    ///
    /// - Parameters:
    ///   - classNames: what prompts call the classes.
    ///   - domainNames: the domains of the images, each of which may have its own template.
    func notLearnt(classNames: [String], domainNames: [String]) -> [String] {
        guard synthesis.set == nil, synthesis.prompts != .tailored else { return [] }
        if synthesis.prompts == .instanceLevel {
            guard synthesis.captioner == .builtin else { return [] }
            return [LearntWords.captioner.sentence(aboutClasses: classNames)].compactMap { $0 }
        }
        guard case .shipped(let quality) = synthesis.foundation, synthesis.lora == nil else { return [] }
        let domains = synthesis.templates == nil ? [""] : domainNames
        var templates: [String] = []
        for domain in domains {
            let template = synthesis.template(forDomain: domain)
            if !templates.contains(template) { templates.append(template) }
        }
        let texts = templates.map { $0.replacing("{class}", with: " ") } + classNames
        return [LearntWords(of: quality).sentence(about: texts)].compactMap { $0 }
    }

    /// What the built-in models have not learnt of this scenario's words, in any variant: a sentence each. Of
    /// a set on disk an image of each class is read.
    ///
    /// - Throws: `DataError` where the images cannot be read.
    public func notLearntWords() throws -> [String] {
        var sentences: [String] = []
        for (_, variant) in variants() {
            let asks = variant.methods.contains { name in
                catalogue.method(name).map { $0.needsFoundation && !$0.teachesFoundation } ?? false
            }
            guard asks else { continue }
            var data = variant.data
            (data.side, data.trainPerClass, data.testPerClass) = (8, 1, 1)
            let images = try FederatedData.load(data, labelsOnly: true, catalogue: catalogue, workers: 1)
            let found = variant.notLearnt(
                classNames: images.train.classNames, domainNames: images.train.domainNames)
            for sentence in found where !sentences.contains(sentence) { sentences.append(sentence) }
        }
        return sentences
    }
}
