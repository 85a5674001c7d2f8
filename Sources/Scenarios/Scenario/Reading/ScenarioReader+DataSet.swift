import Models

extension ScenarioReader {
    /// Reports keys of `data` that do not go with the chosen data set.
    mutating func checkSetKeys(of data: Scenario.Data) {
        func conflict(_ key: String, _ value: String, allowed: String) {
            reportConflict(
                value, with: "data.set: \(data.set.rawValue)", allowed: allowed, at: key)
        }
        if let names = data.classNames, data.set == .shapes {
            let value =
                switch names {
                case .file(let path): path
                case .table(let names): names[0].id
                }
            conflict("data.class-names", shortened(value), allowed: "no value: its objects have names")
        }
        if let fraction = data.testFraction, ![.imageFolder, .domains, .leaf].contains(data.set) {
            conflict(
                "data.test-fraction", formatDecimal(fraction),
                allowed: "no value, or data.set: image-folder, domains, leaf: other sets have a test set")
        }
        if let labels = data.labels, data.set != .cifar100 {
            conflict("data.labels", labels.rawValue, allowed: "no value, or data.set: cifar100")
        }
        if data.partition.kind == .domains, data.set != .domains, data.styles?.count ?? 1 < 2 {
            let key = "data.partition.kind"
            report(.partitionNeedsDomains(set: data.set.rawValue), at: key, causedBy: culprit(key))
        }
        checkPartition(data.partition)
        checkOwners(of: data)
        if let styles = data.styles, data.set != .shapes {
            conflict(
                "data.styles", "[\(styles.map(\.name).joined(separator: ", "))]",
                allowed: "no value: other sets have domains of their own")
        }
    }

    /// Reports keys of `data.partition` that do not go with its kind.
    private mutating func checkPartition(_ partition: Scenario.Partition) {
        func conflict(_ key: String, _ value: String?, _ kinds: [Scenario.PartitionKind]) {
            guard let value, !kinds.contains(partition.kind) else { return }
            let allowed = kinds.map(\.rawValue).joined(separator: ", ")
            reportConflict(
                value, with: "data.partition.kind: \(partition.kind.rawValue)",
                allowed: "no value, or data.partition.kind: \(allowed)", at: "data.partition.\(key)")
        }
        func number(_ key: String, _ value: Int?, _ kinds: [Scenario.PartitionKind]) {
            conflict(key, value.map { "\($0)" }, kinds)
        }
        number("per-client", partition.perClient, [.iid, .dirichlet, .domains])
        number("classes", partition.classes, [.pathological])
        number("shards", partition.shards, [.shards])
        number("min-images", partition.minImages, [.natural])
        conflict("owners", partition.owners?.rawValue, [.natural])
    }
}
