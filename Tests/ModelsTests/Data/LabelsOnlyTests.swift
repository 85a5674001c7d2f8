import Models
import Testing

@Suite struct LabelsOnlyTests {
    @Test("the labels of the private set are those of its images, in the same order", arguments: [1, 7])
    func privateLabels(perClass: Int) {
        let set = ImageWorld.privateSet(perClass: perClass, seed: 1, side: 8)
        let labels = ImageWorld.privateLabels(perClass: perClass, side: 8)
        #expect(labels.labels == set.labels && labels.count == 10 * perClass)
        #expect(labels.domains == set.domains && labels.domainNames == set.domainNames)
        #expect(labels.classNames == set.classNames && labels.side == set.side)
        #expect(labels.pixels.isEmpty)
    }

    @Test("the size of an encoded state is known without encoding it, its metadata included")
    func encodedSize() {
        let store = LayeredNetwork(ResNetArchitecture(depth: .eighteen, classes: 10)).store
        for metadata in [[:], ["samples": "7"], ["samples": "1234567"]] {
            #expect(store.encodedByteCount(metadata: metadata) == store.encoded(metadata: metadata).count)
        }
    }
}
