/// The SQL that makes activities with a start and an end from events.
enum Activities {
    /// A common table `activity` of `run_id`, `client_id` (NULL: the server), `what`, `kind`, `t`, `t_end`,
    /// `next`: each event `…-start` or `…-end` that meets a condition, with the one that follows it at the same
    /// participant in the same activity. Transfers, which have a table of their own, are left out.
    static func table(where condition: String) -> String {
        """
        activity AS (
            SELECT run_id, client_id, replace(replace(kind, '-start', ''), '-end', '') AS what, kind, t,
                lead(t) OVER same AS t_end, lead(kind) OVER same AS next
            FROM event
            WHERE \(condition) AND (kind LIKE '%-start' OR kind LIKE '%-end') AND kind NOT LIKE '%load-%'
            WINDOW same AS (
                PARTITION BY run_id, client_id, replace(replace(kind, '-start', ''), '-end', '')
                ORDER BY seq))
        """
    }

    /// The condition for rows of `activity` that are whole: a start that its end follows.
    static let isWhole = "kind = what || '-start' AND next = what || '-end'"
}
