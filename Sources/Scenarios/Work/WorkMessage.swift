import RunLog

/// A piece of work as text: `{"content":{…},"kind":"train","version":1}`, canonical, so that its hash is the
/// key.
///
/// Another process that has the named images, models and bytes decodes it, performs it and comes to the same
/// output.
package struct WorkMessage: Sendable, Hashable {
    package let text: String

    /// Writes a piece of work.
    package init<Task: Work>(_ work: Task) {
        text = CanonicalText.of(
            CanonicalText.Envelope(kind: Task.kind, version: Task.version, content: work))
    }

    /// Takes a text that `init(_:)` has written.
    package init(text: String) { self.text = text }
}

extension WorkKey {
    /// The key of a piece of work: the hash of its kind, the version of its kind, and its canonical text.
    package init(_ work: some Work) { self.init(sha256: CanonicalText.hash(of: WorkMessage(work).text)) }
}
