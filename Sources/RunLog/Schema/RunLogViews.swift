/// The views of a run log.
///
/// **Which transfers count.** Bytes are bytes that moved over a link, whatever became of the message: a
/// lost or aborted transfer counts with what it had moved when it stopped. `messages` counts every
/// transfer; `undelivered` says how many of them are lost or aborted. Transfers still under way have no row
/// yet.
///
/// **Which runs count.** All of them, whatever their status, so that the views work while a run goes on;
/// `comparison` shows the status, and a query that wants only whole runs says `WHERE status = 'finished'`.
/// A run that `diverged` is whole too; where its model was not a number, its accuracy is NULL.
enum RunLogViews {
    /// A row per run, direction and payload.
    ///
    /// Columns: `run_id`, `name`, `method`, `direction` (up: client to server), `payload`, `messages`,
    /// `bytes`, `MiB` (bytes / 2²⁰), `undelivered`.
    static let communication = """
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
        """

    /// A row per evaluation of the server's global model on the test split: the metric `accuracy` with
    /// split `test` and no client, in order of time.
    ///
    /// Columns: `run_id`, `round`, `t` (virtual seconds), `uplink_bytes` and `downlink_bytes` (moved by
    /// transfers that ended at or before `t`), `bytes` (their sum), `value` (a fraction).
    static let accuracy = """
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
        """

    /// A row per run.
    ///
    /// Columns: `run_id`, `name`, `method`, `seed`, `status`, `rounds` (the highest round with a metric of
    /// the global model), `uplink_bytes`, `downlink_bytes`, `uplink_bytes_per_client` (rounded; NULL
    /// without clients), `virtual_s` (while a run goes on: the end of its latest transfer or metric),
    /// `best_accuracy`, `final_accuracy` (NULL before the first evaluation), `best_round` (the first round
    /// with the best accuracy), `clients`, `wall_s`, `error`.
    static let comparison = """
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
            run.clients, run.wall_s, run.error
        FROM run
        LEFT JOIN moved USING (run_id)
        LEFT JOIN judged USING (run_id)
        LEFT JOIN evaluation AS best ON best.run_id = run.run_id AND best.from_best = 1
        LEFT JOIN evaluation AS final ON final.run_id = run.run_id AND final.from_last = 1
        ORDER BY run.run_id;
        """
}
