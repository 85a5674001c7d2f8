-- The views of a results file, as the program writes them. Made by tests/test_views.py with FGL_UPDATE_SNAPSHOTS=1; do not edit.

CREATE VIEW communication AS
SELECT
    run.run_id, run.name, run.method, transfer.direction, transfer.payload,
    count(*) AS messages,
    sum(transfer.bytes) AS bytes,
    sum(transfer.bytes) / 1048576.0 AS MiB,
    count(*) FILTER (WHERE transfer.status <> 'complete') AS undelivered
FROM run JOIN transfer USING (run_id)
GROUP BY run.run_id, transfer.direction, transfer.payload
ORDER BY run.run_id, transfer.direction DESC, transfer.payload;

CREATE VIEW accuracy AS
WITH step AS (
    SELECT run_id, t_end AS t, 0 AS evaluation, NULL AS round, NULL AS value,
        CASE direction WHEN 'up' THEN bytes ELSE 0 END AS up,
        CASE direction WHEN 'down' THEN bytes ELSE 0 END AS down
    FROM transfer
    UNION ALL
    SELECT run_id, t, rowid, round, value, 0, 0
    FROM metric WHERE client_id IS NULL AND split = 'test' AND name = 'accuracy'
), moved AS (
    SELECT run_id, t, evaluation, round, value,
        sum(up) OVER timeline AS uplink_bytes,
        sum(down) OVER timeline AS downlink_bytes
    FROM step
    WINDOW timeline AS (PARTITION BY run_id ORDER BY t, evaluation ROWS UNBOUNDED PRECEDING)
)
SELECT run_id, round, t, uplink_bytes, downlink_bytes, uplink_bytes + downlink_bytes AS bytes, value
FROM moved WHERE evaluation > 0
ORDER BY run_id, t, evaluation;

CREATE VIEW participants AS
SELECT run_id, count(*) AS rounds,
    CAST(min(value) AS INTEGER) AS fewest, CAST(max(value) AS INTEGER) AS most, avg(value) AS mean
FROM metric
WHERE split = 'participation' AND name = 'updates' AND client_id IS NULL AND value IS NOT NULL
GROUP BY run_id ORDER BY run_id;

CREATE VIEW run_variant AS
WITH imported AS (
    SELECT run_id FROM run_input JOIN input USING (input_id) WHERE kind = 'outcomes'
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
            ORDER BY run.status IN ('running', 'interrupted', 'failed'), run.run_id) AS counting
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

CREATE VIEW comparison AS
WITH moved AS (
    SELECT run_id, max(t_end) AS t,
        sum(bytes) FILTER (WHERE direction = 'up') AS up,
        sum(bytes) FILTER (WHERE direction = 'down') AS down
    FROM transfer GROUP BY run_id
), judged AS (
    SELECT run_id, max(t) AS t, max(round) AS rounds
    FROM metric WHERE client_id IS NULL GROUP BY run_id
), evaluation AS (
    SELECT run_id, round, value,
        row_number() OVER (PARTITION BY run_id ORDER BY t DESC, rowid DESC) AS from_last,
        row_number() OVER (PARTITION BY run_id ORDER BY value DESC, t, rowid) AS from_best
    FROM metric WHERE client_id IS NULL AND split = 'test' AND name = 'accuracy'
)
SELECT
    run.run_id, run.name, run.method, run.seed, run.status,
    coalesce(judged.rounds, 0) AS rounds,
    coalesce(moved.up, 0) AS uplink_bytes,
    coalesce(moved.down, 0) AS downlink_bytes,
    CAST(round(1.0 * coalesce(moved.up, 0) / nullif(run.clients, 0)) AS INTEGER)
        AS uplink_bytes_per_client,
    coalesce(run.virtual_s, max(coalesce(moved.t, 0.0), coalesce(judged.t, 0.0))) AS virtual_s,
    best.value AS best_accuracy,
    final.value AS final_accuracy,
    best.round AS best_round,
    run.clients, run.wall_s, run.error,
    run_variant.origin, run_variant.variant, run_variant.settings_sha256,
    run_variant.repeats
FROM run
LEFT JOIN run_variant USING (run_id)
LEFT JOIN moved USING (run_id)
LEFT JOIN judged USING (run_id)
LEFT JOIN evaluation AS best ON best.run_id = run.run_id AND best.from_best = 1
LEFT JOIN evaluation AS final ON final.run_id = run.run_id AND final.from_last = 1
ORDER BY run.run_id;

CREATE VIEW run_group AS
WITH counted AS (
    SELECT *, status NOT IN ('running', 'interrupted', 'failed') AS whole
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

CREATE VIEW energy AS
SELECT run.run_id, run.name, run.method, metric.client_id,
    CASE metric.split WHEN 'energy' THEN 'total' ELSE substr(metric.split, 8) END AS activity,
    max(metric.value) FILTER (WHERE metric.name = 'energy_J') AS energy_J,
    max(metric.value) FILTER (WHERE metric.name = 'carbon_g') AS carbon_g
FROM run JOIN metric USING (run_id)
WHERE metric.name IN ('energy_J', 'carbon_g')
GROUP BY run.run_id, metric.client_id, metric.split
ORDER BY run.run_id, metric.client_id, min(metric.rowid);

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
