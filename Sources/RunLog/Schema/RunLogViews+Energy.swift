extension RunLogViews {
    /// A row per run, client and activity: what it drew. Runs that counted no energy have none.
    ///
    /// Columns: `run_id`, `name`, `method`, `client_id` (NULL: the whole run), `activity` (`total`: all of
    /// them), `energy_J`, `carbon_g` (NULL where carbon was not counted).
    static let energy = """
        CREATE VIEW energy AS
        SELECT run.run_id, run.name, run.method, metric.client_id,
            CASE metric.split WHEN 'energy' THEN 'total' ELSE substr(metric.split, 8) END AS activity,
            max(metric.value) FILTER (WHERE metric.name = 'energy_J') AS energy_J,
            max(metric.value) FILTER (WHERE metric.name = 'carbon_g') AS carbon_g
        FROM run JOIN metric USING (run_id)
        WHERE metric.name IN ('energy_J', 'carbon_g')
        GROUP BY run.run_id, metric.client_id, metric.split
        ORDER BY run.run_id, metric.client_id, min(metric.rowid);
        """
}
