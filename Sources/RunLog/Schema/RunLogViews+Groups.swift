// Which runs are compared and averaged with which.

extension RunLogViews {
    /// The keys in which the runs of one scenario differ, a row per run and key that it has: what a sweep
    /// varies, and what a what-if or a later call with `--set` has changed.
    ///
    /// The runs of a scenario have one value of the key `name`; the name of a run ends with its variant in a
    /// sweep. What a section has only where the sweep gives it something, at one value for all, is left out:
    /// of `attack.kind: [none, sign-flip]`, the other keys of `attack`.
    ///
    /// Columns: `run_id`, `key` (a scenario's key path), `value`.
    static let runSetting = """
        CREATE VIEW run_setting AS
        WITH own AS (
            SELECT run.run_id, run.name, coalesce(title.value, run.name) AS scenario, i.settings_sha256
            FROM run JOIN run_identity AS i USING (run_id)
            LEFT JOIN setting AS title ON title.settings_sha256 = i.settings_sha256 AND title.key = 'name'
        ), kind AS (
            SELECT DISTINCT scenario, settings_sha256 FROM own
        ), kinds AS (
            SELECT scenario, count(*) AS number FROM kind GROUP BY scenario HAVING count(*) > 1
        ), varied AS (
            SELECT kind.scenario, setting.key, count(DISTINCT setting.value) AS number,
                substr(setting.key, 1, instr(setting.key || '.', '.')) AS section,
                -- The last part of the key, as the names of runs have it.
                ' ' || replace(setting.key, rtrim(setting.key, replace(setting.key, '.', '')), '') || '='
                    AS part
            FROM kinds JOIN kind USING (scenario) JOIN setting USING (settings_sha256)
            WHERE setting.key <> 'name'
            GROUP BY kind.scenario, setting.key
            HAVING count(DISTINCT setting.value) > 1 OR count(*) < max(kinds.number)
        ), swept AS (
            SELECT DISTINCT scenario, varied.key, varied.section
            FROM varied JOIN own USING (scenario) WHERE instr(own.name, varied.part) > 0
        ), shown AS (
            SELECT scenario, key FROM varied
            WHERE number > 1 OR EXISTS (SELECT 1 FROM swept
                    WHERE swept.scenario = varied.scenario AND swept.key = varied.key)
                OR NOT EXISTS (SELECT 1 FROM swept
                    WHERE swept.scenario = varied.scenario AND swept.section = varied.section)
        )
        SELECT own.run_id, setting.key, setting.value
        FROM own
        JOIN shown USING (scenario)
        JOIN setting ON setting.settings_sha256 = own.settings_sha256 AND setting.key = shown.key
        ORDER BY own.run_id, setting.key;
        """

    /// The variant each run belongs to, a row per run. Runs with equal `name`, `method` and `variant` differ
    /// in their seed alone; of identical runs, the one that counts has no `repeats`.
    ///
    /// Columns: `run_id`, `name`, `method`, `seed`, `status`, `origin` (run, what-if, import), `variant`
    /// (what differs from the first run of the name, other data and older rules among it; empty where nothing
    /// does), `label` (method and variant),
    /// `settings_sha256`, `repeats` (the earlier identical run, counted instead).
    static let runVariant = """
        CREATE VIEW run_variant AS
        WITH imported AS (
            SELECT run_id FROM run_input JOIN input USING (input_id) WHERE kind = \(InputKind.outcomes.sql)
        ), ruled AS (
            SELECT run.run_id, coalesce(run_rules.rules, 1) AS rules
            FROM run LEFT JOIN run_rules USING (run_id)
        ), known AS (
            SELECT run.run_id, run.name, run.method, run.seed, run.status, i.settings_sha256, i.origin,
                i.inputs_sha256, ruled.rules, max(ruled.rules) OVER (PARTITION BY run.name) AS newest_rules,
                -- Every import has read something else: each seed has editions of its own.
                CASE WHEN run.run_id IN (SELECT run_id FROM imported) THEN run.seed END AS own_seed,
                first_value(i.settings_sha256) OVER (
                    PARTITION BY run.name ORDER BY i.origin <> 'run', run.run_id) AS first_sha256,
                first_value(run.run_id) OVER (
                    PARTITION BY run.name, run.method, i.settings_sha256, i.origin, ruled.rules, run.seed,
                        i.inputs_sha256
                    ORDER BY run.status IN \(RunStatus.unfinishedInSQL), run.run_id) AS counting
            FROM run JOIN run_identity AS i USING (run_id) JOIN ruled USING (run_id)
        ), dated AS (
            SELECT *, min(run_id) OVER (
                PARTITION BY name, method, settings_sha256, origin, rules, own_seed, inputs_sha256)
                AS earliest
            FROM known
        ), placed AS (
            SELECT *, dense_rank() OVER (
                PARTITION BY name, method, settings_sha256, origin, rules, own_seed ORDER BY earliest)
                AS edition
            FROM dated
        ), kind AS (
            SELECT DISTINCT name, settings_sha256 AS own, first_sha256 AS first FROM known
            WHERE settings_sha256 <> first_sha256
        ), change AS (
            SELECT kind.name, kind.own, mine.key, mine.value
            FROM kind JOIN setting AS mine ON mine.settings_sha256 = kind.own
            LEFT JOIN setting AS its ON its.settings_sha256 = kind.first AND its.key = mine.key
            WHERE its.value IS NOT mine.value
            UNION ALL
            SELECT kind.name, kind.own, its.key, ''
            FROM kind JOIN setting AS its ON its.settings_sha256 = kind.first
            LEFT JOIN setting AS mine ON mine.settings_sha256 = kind.own AND mine.key = its.key
            WHERE mine.key IS NULL
        ), listed AS (
            SELECT DISTINCT name, own, group_concat(key || '=' || value, ' ') OVER changes AS text,
                count(*) OVER changes AS changes
            FROM change
            WINDOW changes AS (PARTITION BY name, own ORDER BY key
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
        ), named AS (
            SELECT placed.*, CASE
                WHEN settings_sha256 = first_sha256 THEN ''
                WHEN listed.changes <= 4 AND length(listed.text) <= 200 THEN listed.text
                ELSE 'settings ' || substr(settings_sha256, 1, 8) END AS differing
            FROM placed LEFT JOIN listed ON listed.name = placed.name AND listed.own = settings_sha256
        ), labelled AS (
            SELECT *, CASE origin WHEN 'run' THEN '' WHEN 'import' THEN 'imported' ELSE origin END
                || CASE WHEN origin <> 'run' AND differing <> '' THEN ': ' ELSE '' END || differing
                    AS beginning,
                CASE edition WHEN 1 THEN '' ELSE ', inputs ' || edition END
                || CASE rules WHEN newest_rules THEN '' WHEN 1 THEN ', rules of version 0.1'
                    ELSE ', rules ' || rules END AS ending
            FROM named
        ), joined AS (
            SELECT *, CASE beginning WHEN '' THEN substr(ending, 3) ELSE beginning || ending END AS variant
            FROM labelled
        )
        SELECT run_id, name, method, seed, status, origin, variant,
            method || CASE variant WHEN '' THEN '' ELSE ', ' || variant END AS label,
            settings_sha256, nullif(counting, run_id) AS repeats
        FROM joined ORDER BY run_id;
        """

    /// As the first version's `comparison`, with the variant of each run.
    ///
    /// Columns: those of the first version; `origin`, `variant`, `settings_sha256`, `repeats` as in
    /// `run_variant`.
    static let comparisonWithVariants: String = {
        var text = comparison
        text.replace(
            "run.clients, run.wall_s, run.error\n",
            with: "run.clients, run.wall_s, run.error,\n"
                + "    run_variant.origin, run_variant.variant, run_variant.settings_sha256,\n"
                + "    run_variant.repeats\n"
        )
        text.replace("FROM run\n", with: "FROM run\nLEFT JOIN run_variant USING (run_id)\n")
        return text
    }()

    /// A row per method and variant of a name: means over its seeds, of completed runs, each
    /// counted once. A run that diverged has no final accuracy and counts in the others.
    ///
    /// Columns: `name`, `method`, `variant`, `origin`, `seeds`, `unfinished` (runs without one),
    /// means of `rounds`, `uplink_bytes`, `downlink_bytes`, `virtual_s`, `best_accuracy`, `final_accuracy`,
    /// and `final_accuracy_sd`, the sample standard deviation (NULL for one seed).
    static let runGroup = """
        CREATE VIEW run_group AS
        WITH counted AS (
            SELECT *, status NOT IN \(RunStatus.unfinishedInSQL) AS whole
            FROM comparison WHERE repeats IS NULL
        )
        SELECT name, method, variant, min(origin) AS origin,
            count(*) FILTER (WHERE whole) AS seeds,
            count(*) FILTER (WHERE NOT whole) AS unfinished,
            avg(rounds) FILTER (WHERE whole) AS rounds,
            avg(uplink_bytes) FILTER (WHERE whole) AS uplink_bytes,
            avg(downlink_bytes) FILTER (WHERE whole) AS downlink_bytes,
            avg(virtual_s) FILTER (WHERE whole) AS virtual_s,
            avg(best_accuracy) FILTER (WHERE whole) AS best_accuracy,
            avg(final_accuracy) FILTER (WHERE whole) AS final_accuracy,
            sqrt(max(0.0, (sum(final_accuracy * final_accuracy) FILTER (WHERE whole)
                - count(final_accuracy) FILTER (WHERE whole)
                * avg(final_accuracy) FILTER (WHERE whole)
                * avg(final_accuracy) FILTER (WHERE whole))
                / nullif(count(final_accuracy) FILTER (WHERE whole) - 1, 0)))
                AS final_accuracy_sd
        FROM counted
        GROUP BY name, method, variant ORDER BY min(run_id);
        """
}
