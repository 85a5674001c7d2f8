import Core
import Foundation
import Models
import Testing

/// What `Fixtures/quadratic.py` comes to with PyTorch's distributions, on the images of `features.json`.
@Suite("Quadratic heads against PyTorch")
struct QuadraticDiscriminantTests {
    private struct Images: Decodable { let features: [[Float]], labels: [Int] }
    private struct Head: Decodable {
        let form: ClassMoments.Form, shrinkage: Double, logits: [[Double]]
    }

    private let images: Images
    private let heads: [Head]

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        func decoded<Value: Decodable>(_ name: String) throws -> Value {
            let data = try Data(contentsOf: tests.appendingPathComponent("Fixtures/\(name).json"))
            return try JSONDecoder().decode(Value.self, from: data)
        }
        images = try decoded("features")
        heads = try decoded("quadratic")
    }

    /// The moments of a client's images, as the server reads them.
    private func moments(_ form: ClassMoments.Form, _ rows: Range<Int>) throws -> ClassMoments {
        let own = ClassMoments(
            form, of: images.features[rows].flatMap(\.self), width: 5, labels: Array(images.labels[rows]))
        let bytes = own.encoded()
        #expect(
            bytes.count == ClassMoments.encodedByteCount(form, classes: own.labels.count, width: 5))
        let decoded = try ClassMoments(decoding: bytes)
        #expect(decoded == own)
        return decoded
    }

    @Test("Logits are PyTorch's, of two clients as of one, for both forms and any shrinkage")
    func logits() throws {
        #expect(heads.count == 6)
        for expected in heads {
            let form = expected.form
            let clients = try [moments(form, 0..<25), moments(form, 25..<40)]
            for all in [clients, [try moments(form, 0..<40)]] {
                let head = QuadraticDiscriminant.head(of: all, classes: 4, shrinkage: expected.shrinkage)
                let bytes = head.encoded()
                #expect(bytes.count == QuadraticHead.encodedByteCount(form, classes: 4, width: 5))
                #expect(try QuadraticHead(decoding: bytes) == head)
                let read = try FeatureHead(decoding: bytes)
                #expect(read.classes == 4 && read.width == 5)
                let found = read.logits(of: images.features.flatMap(\.self)).floats
                for (image, row) in expected.logits.enumerated() {
                    for (label, value) in row.enumerated() {
                        let logit = Double(found[image * 4 + label])
                        #expect(abs(logit - value) <= 2e-4 * max(1, abs(value)))
                    }
                    // No client has an image of the fourth class.
                    #expect(found[image * 4 + 3] <= (found[image * 4..<image * 4 + 3].min() ?? 0) - 9999)
                }
            }
        }
    }

    @Test("A class with one image has a head with shrinkage, and without it is not-a-number")
    func single() {
        let features: [Float] = [1, 2, 3, 5, 2, 2, 0, 7], labels = [0, 0, 0, 1]
        for form in [ClassMoments.Form.products, .squares] {
            let own = ClassMoments(form, of: features, width: 2, labels: labels)
            let none = QuadraticDiscriminant.head(of: [own], classes: 2, shrinkage: 0)
            #expect(none.roots.contains { $0.isNaN })
            let shrunk = QuadraticDiscriminant.head(of: [own], classes: 2, shrinkage: 0.5)
            #expect((shrunk.roots + shrunk.bias + shrunk.means).filter { !$0.isFinite }.isEmpty)
            let logits = shrunk.logits(of: features).floats
            #expect(logits[6] < logits[7] && logits[0] > logits[1])
        }
    }

    @Test("Equal covariances make the same decisions as the linear discriminant with their mean")
    func linear() {
        // Two classes whose images lie alike around their means.
        let cloud: [[Float]] = [[0, 0], [1, 0.5], [-1, -0.5], [0.5, -1], [-0.5, 1]]
        let rows = cloud + cloud.map { [$0[0] + 2, $0[1] - 1] }
        let labels = cloud.map { _ in 0 } + cloud.map { _ in 1 }, features = rows.flatMap(\.self)
        let linear = LinearDiscriminant.head(
            of: [.init(of: features, width: 2, labels: labels)], classes: 2, covariance: .within,
            shrinkage: 0)
        let quadratic = QuadraticDiscriminant.head(
            of: [.init(.products, of: features, width: 2, labels: labels)], classes: 2, shrinkage: 0)
        let probes: [Float] = (-8..<8).flatMap { [Float($0) / 3, Float($0 * $0) / 9] }
        func margins(_ logits: [Float]) -> [Float] {
            stride(from: 0, to: logits.count, by: 2).map { logits[$0] - logits[$0 + 1] }
        }
        let own = margins(quadratic.logits(of: probes).floats)
        let pairs = zip(margins(linear.logits(of: probes).floats), own)
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-3 * max(1, abs($0)) })
    }

    @Test("Files that are no moments and no head are refused", arguments: [
        "sums", "squares", "labels", "means", "bias",
    ])
    func damaged(_ missing: String) throws {
        let own = try moments(.squares, 0..<40)
        let head = QuadraticDiscriminant.head(of: [own], classes: 3, shrinkage: 0.1)
        for bytes in [own.encoded(), head.encoded()] {
            let file = try SafetensorsFile(bytes: bytes)
            guard file.contains(missing) else { continue }
            let rest = try file.names.filter { $0 != missing }.map { ($0, try file.tensor(named: $0)) }
            let damaged = Safetensors.encode(rest)
            #expect(throws: SafetensorsError.self) { try ClassMoments(decoding: damaged) }
            #expect(throws: SafetensorsError.self) { try FeatureHead(decoding: damaged) }
        }
    }
}
