/// The words of the log for people who query it.
enum WordReference {
    static func markdown(works: [WorkKind], metrics: [MetricName]) -> String {
        """

        ## Words

        What the columns hold whose texts are words of the program. A file of another version, or of a package
        with methods of its own, may have others.

        """
            + table("event.kind", EventKind.all)
            + """

            Each kind of work has two more: `<kind>-start` when it begins and `<kind>-end` when it has ended.

            """
            + table("transfer.direction", Direction.all) + table("transfer.payload", Payload.all)
            + table("transfer.status", TransferStatus.all) + table("metric.split", MetricSplit.all)
            + table(of: MetricName.all + metrics) + table("work.kind", WorkKind.all + works)
            + table("run.status", RunStatus.all) + table("origin", RunProvenance.all)
            + table("input.kind", InputKind.all) + table("run_images.source", ImageSource.all)
    }

    private static func table(_ column: String, _ words: [some LogWord]) -> String {
        "\n### `\(column)`\n\n| word | meaning |\n|---|---|\n"
            + words.map { "| `\($0.rawValue)` | \($0.meaning) |\n" }.joined()
    }

    private static func table(of names: [MetricName]) -> String {
        "\n### `metric.name`\n\n| word | unit | meaning |\n|---|---|---|\n"
            + names.map { "| `\($0.rawValue)` | \($0.unit) | \($0.meaning) |\n" }.joined()
    }
}
