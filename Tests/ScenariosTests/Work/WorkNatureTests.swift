import RunLog
import Scenarios
import Testing

/// By what a machine's pace at a kind of work is guessed.
@Suite("Nature of work")
struct WorkNatureTests {
    @Test("Types that the log calls alike are of one nature, which is that of their kind")
    func kinds() {
        for type in WorkKinds.all { #expect(WorkNature(type.activity) == type.nature, "\(type.kind)") }
    }

    @Test("Whatever passes through a network is no mere sum of weights")
    func networks() {
        func kinds(_ nature: WorkNature) -> [String] {
            WorkKinds.activities.filter { WorkNature($0) == nature }.map(\.rawValue).sorted()
        }
        #expect(kinds(.generation) == ["adapt", "caption", "encode", "synthesize", "tailor"])
        #expect(kinds(.training) == ["distill", "train"])
        #expect(
            kinds(.inference) == [
                "agree", "evaluate", "evaluate-owners", "evaluate-parts", "extract", "membership",
                "prototypes", "retrieve", "test-attack", "vote",
            ])
    }

    @Test("A kind of another package is taken for sums of weights until it was measured")
    func foreign() { #expect(WorkNature(WorkKind(rawValue: "teleport")) == .weights) }
}
