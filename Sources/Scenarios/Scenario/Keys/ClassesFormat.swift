import Core
import Models
import Yams

// The key `data.classes`: which classes of a data set are taken.

extension ValueFormat where Value == [String] {
    /// A name, or a list of different names, of class sets or classes; which of them exist, the set decides.
    static var classes: Self {
        let sets = WorldClassSet.all.map(\.name).joined(separator: ", ")
        let allowed =
            "a name or a list of different names: for shapes, sets (\(sets)) and objects (`fgl-sim world` "
            + "lists them); for image-folder and domains, class folders"
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            let items: [Node]
            switch node {
            case .scalar: items = [node]
            case .sequence(let sequence) where !sequence.isEmpty: items = Array(sequence)
            default:
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var names: [String] = [], seen: Set<String> = []
            for (index, item) in items.enumerated() {
                let itemPath = items.count == 1 ? path : "\(path)[\(index)]"
                guard let name = item.textOfScalar, !item.isEmptyValue, isClassName(name) else {
                    reader.reject(item, itemPath, allowed: allowed)
                    return nil
                }
                guard seen.insert(name).inserted else {
                    reader.report(.duplicateItem(value: shortened(name)), at: itemPath, item)
                    return nil
                }
                names.append(name)
            }
            return names
        } write: { names in
            names.count == 1 ? textNode(names[0]) : Node(names.map(textNode), .implicit, .flow)
        }
    }
}

/// Whether a name can be that of a class: one line, and no path that leads out of the folder of the classes.
private func isClassName(_ name: String) -> Bool {
    name.isOneLine && name != "." && name != ".." && !name.contains("/")
}

extension ScenarioReader {
    /// Reports classes that the chosen data set does not have.
    mutating func checkClasses(of data: Scenario.Data) {
        guard !data.classes.isEmpty else { return }
        let key = "data.classes"
        let cause = culprit(key)
        switch data.set {
        case .cifar10, .cifar100, .idx, .leaf:
            reportConflict(
                shortened(data.classes.joined(separator: ", ")), with: "data.set: \(data.set.rawValue)",
                allowed: "no value: all its classes are taken", at: key)
        case .shapes:
            do throws(WorldClassError) { _ = try WorldObject.named(data.classes) } catch {
                func path(_ position: Int) -> String {
                    data.classes.count == 1 ? key : "\(key)[\(position)]"
                }
                switch error {
                case .unknown(let name, let position):
                    let known = WorldClassSet.all.map(\.name) + WorldObject.all.map(\.name)
                    let reason = ScenarioProblem.Reason.unknownClass(
                        value: shortened(name), suggestion: nearestWord(to: name, among: known),
                        allowed: WorldClassError.allowed)
                    report(reason, at: path(position), causedBy: cause)
                case .repeated(let name, let position):
                    report(.duplicateItem(value: name), at: path(position), causedBy: cause)
                case .tooFew:
                    report(
                        .notAllowed(value: data.classes[0], allowed: WorldClassError.allowed), at: key,
                        causedBy: cause)
                }
            }
        // The reader of the folders, or of a source that was added, says which are missing.
        default: return
        }
    }
}

extension Scenario.Data {
    /// The objects of the built-in world that the images show.
    ///
    /// - Precondition: a scenario that was parsed, or names that `WorldObject.named` takes.
    var worldObjects: [WorldObject] {
        guard !classes.isEmpty else { return WorldClassSet.basics.objects }
        do { return try WorldObject.named(classes) } catch { preconditionFailure("\(error)") }
    }
}
