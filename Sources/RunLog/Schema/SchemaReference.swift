import GRDB

/// The reference of the SQLite file for people who query it, made from the migrations themselves.
public enum SchemaReference {
    /// A section per table and view, and one with the words of the columns, in Markdown.
    ///
    /// - Parameters:
    ///   - works: the kinds of work that methods have beside those of `WorkKind.all`.
    ///   - metrics: what methods measure beside `MetricName.all`.
    /// - Throws: `RunLogError`.
    public static func markdown(works: [WorkKind] = [], metrics: [MetricName] = []) throws -> String {
        try translatingErrors(path: ":memory:") {
            let database = try DatabaseQueue()
            try RunLogSchema.migrator.migrate(database)
            return try database.read { database in
                var text = introduction
                for migration in RunLogSchema.migrator.migrations { text += "- `\(migration)`\n" }
                for (kind, title) in [("table", "Tables"), ("view", "Views")] {
                    text += "\n## \(title)\n"
                    let names = try String.fetchAll(
                        database,
                        sql: """
                            SELECT name FROM sqlite_schema
                            WHERE type = ? AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%'
                            ORDER BY name <> 'run', rowid
                            """, arguments: [kind])
                    for name in names { text += try section(name, isTable: kind == "table", of: database) }
                }
                return text + WordReference.markdown(works: works, metrics: metrics)
            }
        }
    }

    private static let introduction = """
        # The SQLite file

        Made by `fgl-sim reference schema` from the migrations in
        `Sources/RunLog/Schema/RunLogSchema.swift`. Times `t…` are virtual seconds, bytes are whole
        numbers, accuracy is a fraction. Tables are STRICT; the file is in WAL mode and may be read while
        a run goes on. `docs/queries.md` has twenty questions and their SQL.

        Migrations, applied in this order and never edited:


        """

    private static func section(_ name: String, isTable: Bool, of database: Database) throws -> String {
        var text = "\n### `\(name)`\n\n"
        if let purpose = SchemaTexts.purposes[name] { text += purpose + "\n\n" }
        text += "| column | type | what it holds |\n|---|---|---|\n"
        let keys = isTable ? try database.foreignKeys(on: name) : []
        for column in try database.columns(in: name) {
            var type = column.type.lowercased()
            if column.isNotNull { type += ", never NULL" }
            if column.primaryKeyIndex > 0 { type += type.isEmpty ? "key" : ", key" }
            var what = SchemaTexts.columns["\(name).\(column.name)"] ?? SchemaTexts.columns[column.name] ?? ""
            for key in keys where key.mapping.count == 1 && key.mapping[0].origin == column.name {
                what += (what.isEmpty ? "" : " ") + "References `\(key.destinationTable)`."
            }
            text += "| `\(column.name)` | \(type) | \(what.replacing("|", with: "\\|")) |\n"
        }
        return text
    }
}

/// What the reference says about tables and columns: `table.column`, or `column` for all tables that have it.
enum SchemaTexts {
    static let purposes = [
        "run": "A row per run: a method on a variant of a scenario with a seed.",
        "client": "The clients of a run, as the scenario drew them.",
        "label_count":
            "How many training samples of each class a client holds; classes it lacks have no row.",
        "event": "What happened, in order. Activities have two events, `…-start` and `…-end`.",
        "transfer": "A row per message that has ended: delivered, lost or aborted.",
        "metric": "Everything that was measured.",
        "prompt": "The prompts that clients sent.",
        "work": "A row per piece of real work: training, synthesis, averaging, evaluation.",
        "experiment": "A row per call of `fgl-sim run` or `import` on this file.",
        "planned_run": "What an experiment was to run: the runs that `fgl-sim resume` makes.",
        "input": "What runs read from outside the file, as replay needs it: images, models.",
        "run_input": "Which run read which input.",
        "what_if": "Runs that re-time a recorded one under changed settings.",
        "cached_work":
            "The pieces of work whose results an earlier run had left in the synthesis cache; not part of "
            + "the log hash.",
        "worker":
            "The workers of engines that did work of a run (`--engine`); not part of the log hash.",
        "sample_image":
            "A few images of each class of a set, for people to look at; nothing depends on them.",
        "run_images": "Which set's sample images show what a run trained on.",
        "run_rules":
            "The version of the program's rules that a run was made by and is replayed by; runs of version "
            + "0.1 have none. Not part of the log hash.",
        "identity_version":
            "The version of the texts that a run is identified by: work keys, input settings, hashes of "
            + "images; "
            + "runs of version 0.1 have none. Not part of the log hash.",
        "run_identity": "Identity of a run: settings, origin and inputs.",
        "setting": "The keys of scenarios with their values, once for all runs with the same settings.",
        "run_setting":
            "The keys in which the runs of one scenario differ, with each run's value: what a sweep varies, "
            + "and what a what-if or a later call has changed.",
        "run_variant":
            "The variant each run belongs to: runs with equal `name`, `method` and `variant` differ in their "
            + "seed alone, and only such are averaged.",
        "run_group":
            "Means over seeds, a row per name, method and variant: finished runs, each seed once. What-ifs "
            + "and imported runs have variants of their own.",
        "communication": "Bytes of a run by direction and payload. Whatever moved counts, arrived or not.",
        "accuracy":
            "A row per evaluation of the global model on the test images, with the bytes moved until then.",
        "comparison": "A row per run.",
        "participants":
            "How many clients' updates the rounds of a run had; no row for methods without rounds.",
        "energy":
            "What a run drew, by client and activity; no row for runs without a section `energy`.",
    ]

    static let columns = [
        "run_id": "The run's number in the file, from 1.",
        "client_id": "The client's number, from 0.",
        "round": "The round, from 1; NULL outside rounds.",
        "label": "The class's number, from 0.",
        "class": "The class's name.",
        "method": "The federated method, as in `methods:` of the scenario.",
        "name": "The scenario's name, with the variant's label where it is a sweep.",
        "direction": "A [direction](#transferdirection).",
        "payload": "What the message carries: a [payload](#transferpayload).",
        "seed": "The root of all random streams.",
        "clients": "Number of clients.",
        "status": "A [status](#runstatus).",
        "wall_s": "Wall time in seconds; not part of the log hash.",
        "error": "Why it failed or diverged; that its process ended before it could stop.",
        "experiment_id": "The experiment's number in the file, from 1.",
        "input_id": "The input's number in the file, from 1.",
        "scenario": "The resolved scenario, every default filled in.",
        "set_sha256": "Hash of the whole set that the images were taken from.",
        "sample_image.position": "Its place among the samples of its class, from 0.",
        "sample_image.caption": "Its prompt or its true caption; NULL where there is none.",
        "sample_image.jpeg": "The image as a JPEG file.",
        "run_images.source": "A [source](#run_imagessource).",
        "experiment.created_at": "Wall clock, UTC.",
        "experiment.build": "Program, libraries and processor.",
        "planned_run.position": "Its place in the plan, from 0.",
        "planned_run.run_id": "The run made of it; NULL until it is begun.",
        "input.kind": "A [kind of input](#inputkind).",
        "input.settings": "The settings under which it was read.",
        "input.sha256": "Hash of what was read.",
        "input.facts": "A JSON object with what a replay needs of it.",
        "participants.rounds": "Rounds that have ended.",
        "participants.fewest": "The fewest updates that a round had.",
        "participants.most": "The most.",
        "participants.mean": "Their mean over the rounds.",
        "run_rules.rules":
            "2: epsilon is counted by what the selection is, and Oort chooses as its paper says. 3: what a "
            + "client keeps of an update moves on only if the server took it, ties of k-of-m are drawn, "
            + "equal prompts of two labels have noises of their own, `updates` counts accepted late updates, "
            + "Oort explores in small selections and counts the server's updates where there are no rounds.",
        "identity_version.version": "2: canonical texts, see docs/replay.md.",
        "cached_work.work_id": "The piece of work.",
        "what_if.parent_run_id": "The recorded run.",
        "what_if.changes": "A JSON array of the changes, each a text of the form `key.path=value`.",
        "run.started_at": "Wall clock, UTC.",
        "run.finished_at": "Wall clock, UTC; NULL while it runs.",
        "run.virtual_s": "Virtual time at its end, in seconds.",
        "run.scenario": "The resolved scenario, every default filled in.",
        "run.scenario_sha256": "SHA-256 of `scenario`.",
        "run.build": "Program, libraries and processor.",
        "run.log_sha256": "Hash of all rows of the run but wall times: equal for equal runs.",
        "run.model_sha256": "Hash of the final global model's weights.",
        "client.domain": "The domain of its images, for data sets with domains.",
        "client.samples": "Number of its training samples.",
        "client.uplink_Bps": "Bytes per second; infinity without a limit.",
        "client.downlink_Bps": "Bytes per second; infinity without a limit.",
        "client.latency_s": "One-way latency in seconds.",
        "client.flops_per_s": "Computing speed before `slowdown`.",
        "client.slowdown": "How many times slower a straggler is; 1 for others.",
        "label_count.samples": "Its training samples of the class.",
        "event.seq": "Position in the run, from 0.",
        "event.t": "Virtual seconds.",
        "event.kind": "What happened: a [kind of event](#eventkind).",
        "event.client_id": "The client; NULL for the server.",
        "event.bytes": "Bytes concerned, where the kind has any.",
        "event.detail": "A JSON object with what else there is to say.",
        "transfer.transfer_id": "Position among the run's transfers, from 0, in the order of their ends.",
        "transfer.bytes": "Bytes that moved: all of the message's where `status` is `complete`.",
        "transfer.t_start": "When the message was handed to the network, in virtual seconds.",
        "transfer.t_end": "When its last byte arrived, or when it was lost or aborted.",
        "transfer.status": "A [status](#transferstatus).",
        "metric.t": "Virtual seconds.",
        "metric.client_id": "The client whose model was measured; NULL for the global model.",
        "metric.split": "What it was measured on: a [split](#metricsplit).",
        "metric.name": "What was measured: a [metric](#metricname).",
        "metric.value": "The value; NULL for not-a-number.",
        "prompt.text": "The prompt.",
        "prompt.bytes": "Its size in UTF-8.",
        "work.work_id": "Position among the run's pieces of work, from 0.",
        "work.kind": "A [kind of work](#workkind).",
        "work.client_id": "The client it was done for; NULL for the server.",
        "work.key": "Hash of everything that the result depends on.",
        "work.output_sha256": "Hash of what came out.",
        "work.flops": "Floating-point operations that its virtual duration follows from.",
        "work.wall_s": "How long it really took, in seconds.",
        "work.metrics": "A JSON object with what it measured.",
        "work.worker":
            "The engine's worker that did it, `host:port`; NULL for this process. Not part of the log hash.",
        "work.attempts":
            "How often it was begun on the engine's workers; NULL for this process. Not part of the log "
                + "hash.",
        "work.began_s":
            "When the engine's worker began it, in seconds after this process had reached the engine; NULL "
                + "for work of this process. Not part of the log hash.",
        "work.waited_s":
            "How long it and its result were on their way or waited for a worker, in seconds; NULL for "
                + "work of this process. Not part of the log hash.",
        "worker.worker": "The worker, `host:port`.",
        "worker.machine": "Its type of machine: program, libtorch, processor, BLAS, device, canary.",
        "communication.messages": "Number of messages, undelivered ones included.",
        "communication.bytes": "Bytes that moved.",
        "communication.MiB": "The same in units of 2²⁰.",
        "communication.undelivered": "How many were lost or aborted.",
        "accuracy.t": "Virtual seconds.",
        "accuracy.uplink_bytes": "Bytes moved up until then.",
        "accuracy.downlink_bytes": "Bytes moved down until then.",
        "accuracy.bytes": "Their sum.",
        "accuracy.value": "The accuracy, a fraction.",
        "origin": "An [origin](#origin).",
        "variant":
            "What differs from the first run of the name, other data (`inputs 2`) and older rules among it; "
            + "empty where nothing does.",
        "settings_sha256": "Hash of the scenario's keys and values without seed and methods.",
        "repeats": "The earlier identical run, counted instead; NULL for a run that counts.",
        "run_identity.inputs_sha256": "Hash of everything that it read.",
        "key": "A key of the scenario by its path, such as `training.rounds`.",
        "setting.value": "Its value on one line of YAML.",
        "run_setting.value": "Its value on one line of YAML.",
        "run_variant.label": "Method and variant, as the report's charts name it.",
        "run_group.seeds": "Number of finished runs, each seed once.",
        "run_group.unfinished": "Number of other runs.",
        "run_group.rounds": "Mean.",
        "run_group.uplink_bytes": "Mean of the bytes moved up.",
        "run_group.downlink_bytes": "Mean of the bytes moved down.",
        "run_group.virtual_s": "Mean.",
        "run_group.best_accuracy": "Mean.",
        "run_group.final_accuracy": "Mean.",
        "run_group.final_accuracy_sd": "Sample standard deviation; NULL for one seed.",
        "comparison.rounds": "The highest round with a metric of the run as a whole.",
        "comparison.uplink_bytes":
            "Bytes moved up, those of transfers that were lost or aborted among them.",
        "comparison.downlink_bytes":
            "Bytes moved down, those of transfers that were lost or aborted among them.",
        "comparison.uplink_bytes_per_client": "Rounded; NULL without clients.",
        "comparison.virtual_s": "Virtual seconds, until now while the run goes on.",
        "comparison.best_accuracy": "The highest test accuracy of the global model.",
        "comparison.final_accuracy": "The latest.",
        "comparison.best_round": "The first round with the best accuracy.",
        "energy.client_id": "The client; NULL for the whole run.",
        "energy.activity": "As the [splits](#metricsplit) behind `energy/`; `total` for all of them.",
        "energy.energy_J": "Joules.",
        "energy.carbon_g": "Grams of CO2 equivalent; NULL where they were not counted.",
    ]
}
