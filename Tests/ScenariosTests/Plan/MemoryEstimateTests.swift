import Foundation
import Scenarios
import Testing

@Suite("Memory estimate")
struct MemoryEstimateTests {
    private func estimate(_ text: String) throws -> MemoryEstimate {
        let text = "name: memory\nclients: 3\n" + text
        return try MemoryEstimate(
            .parse(text, file: "test.yaml", knownMethods: FederatedMethods.names))
    }

    @Test("A worker has weights, gradients, momenta and the new state, and what a step keeps")
    func training() throws {
        let memory = try estimate("methods: [fedavg]\nmodel: {kind: cnn}\ntraining: {batch: 10}")
        // The network of McMahan et al. at 32 pixels: 32 maps of 32 × 32, 64 of 16 × 16.
        let parameters = 3 * 25 * 32 + 32 + 32 * 25 * 64 + 64 + 64 * 64 * 512 + 512 + 512 * 10 + 10
        let elements = 32 * 32 * 32 + 64 * 16 * 16
        #expect(memory.workerBytes == Double(16 * parameters + 8 * 10 * elements))
        #expect(memory.imageBytes == Double(10 * (130 + 200) * 3 * 32 * 32))
        #expect(memory.weightBytes == 0)
        #expect(memory.bytes(workers: 3) - memory.bytes(workers: 2) == memory.workerBytes)
    }

    @Test("Images larger than the classifier's take more, and the largest of a sweep counts")
    func sweep() throws {
        let resnet = "methods: [fedavg]\nmodel: {kind: resnet18}\n"
        let small = try estimate(resnet + "data: {side: 32}")
        let large = try estimate(resnet + "data: {side: 224}")
        #expect(large.workerBytes > 5 * small.workerBytes)
        let swept = try estimate(resnet + "sweep: {data.side: [32, 224]}")
        #expect(swept == large)
    }

    @Test("A foundation model is counted once for all methods that draw with it, and a captioner")
    func models() throws {
        let fgl = try estimate("methods: [fgl-one-shot]")
        #expect(fgl.weightBytes > 1e6)
        let both = try estimate("methods: [fgl-one-shot, fgl-5-round]")
        #expect(both.weightBytes == fgl.weightBytes)
        let captions = try estimate("methods: [fgl-one-shot]\nsynthesis: {prompts: instance}")
        #expect(captions.weightBytes > fgl.weightBytes)
    }

    @Test(
        "The largest batch of a method counts, with the images that there are, and a generator",
        arguments: [
            ("methods: [centralized]\n", "centralized: {batch: 256}"),
            ("methods: [fgl-one-shot]\n", "synthesis: {batch: 65536}"),
            ("methods: [fgl-one-shot]\n", "synthesis: {prompts: tailored, tailoring: {batch: 256}}"),
            ("methods: [fgl-lora]\n", "fgl-lora: {batch: 256}"),
            ("methods: [feddeo]\n", "feddeo: {batch: 256}"),
            ("methods: [fedbip]\n", "fedbip: {batch: 256}"), ("methods: [dense]\n", "dense: {batch: 4096}"),
            ("methods: [dense]\n", "dense: {generator-width: 1024}"),
            ("methods: [dense]\n", "dense: {noise-width: 65536}"),
            ("methods: [co-boosting]\n", "co-boosting: {batch: 4096}"),
        ])
    func batches(methods: String, section: String) throws {
        let tiny = methods + "model: {kind: tiny}\n"
        #expect(try estimate(tiny + section).workerBytes > 1.5 * estimate(tiny).workerBytes)
        // No batch has more images than there are.
        let few = "methods: [centralized]\ndata: {train-per-class: 2, test-per-class: 1}\n"
        #expect(
            try estimate(few + "centralized: {batch: 65536}") == estimate(few + "centralized: {batch: 30}"))
    }

    @Test("Timing-only scenarios take none")
    func timingOnly() throws {
        let memory = try estimate("methods: [fgl-one-shot, fedavg]\ntraining: {mode: none}")
        #expect(memory.workerBytes == 0 && memory.imageBytes == 0)
    }

    @Test("On a device, weights and work are not in the processor's memory, and refuse nothing there")
    func device() throws {
        let text = "methods: [fgl-one-shot, fedavg]\nmodel: {kind: resnet18}\n"
        let here = try estimate(text), there = try estimate(text + "device: cuda")
        #expect(there.device == .cuda && here.device == .cpu)
        #expect(there.workBytes(workers: 2) == here.workBytes(workers: 2))
        #expect(there.bytes(workers: 8) == here.bytes(workers: 0) - here.weightBytes)
        #expect(throws: Never.self) { try there.check(workers: 64, available: here.bytes(workers: 1)) }
        #expect(throws: FederationError.self) { try there.check(workers: 1, available: there.imageBytes) }
    }

    @Test("What does not fit is one sentence with the number of workers that does")
    func refusal() throws {
        let memory = try estimate("methods: [fedavg]\nmodel: {kind: resnet18}")
        let two = memory.bytes(workers: 2)
        #expect(throws: Never.self) { try memory.check(workers: 2, available: two) }
        #expect(memory.workers(in: two) == 2)
        let refused = #expect(throws: FederationError.self) {
            try memory.check(workers: 3, available: two + 1)
        }
        #expect(refused?.description.hasSuffix("are there; allowed: at most --jobs 2") == true)
        #expect(refused?.exitCode == 74)
        let none = #expect(throws: FederationError.self) { try memory.check(workers: 1, available: 100e6) }
        let ending = "one worker does not fit either: a smaller model or batch, or a larger machine"
        #expect(none?.description.hasSuffix(ending) == true)
    }
}
