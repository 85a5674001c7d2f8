import Core
import RunLog

extension Figure {
    /// Parts of a bar: what is drawn together, in which colour.
    private static let energyParts: [(name: String, style: String, activities: [EnergyActivity])] = [
        ("client compute", "compute", [.compute]), ("uplink", "upload", [.uplink]),
        ("downlink", "download", [.downlink]), ("network", "network", [.network]),
        ("server training", "server-work", [.serverTraining, .serverOther]),
        ("server synthesis", "synthesis", [.serverSynthesis]),
        ("idle and server transfer", "idle", [.idle, .serverTransfer, .serverIdle]),
    ]

    /// What the runs drew, by method: the amount, and the shares of the activities; `nil` where no energy was
    /// counted.
    ///
    /// - Throws: `RunLogError`.
    static func energy(_ source: ReportSource) throws -> Figure? {
        let sql = """
            SELECT run_variant.label AS method, energy.activity, avg(energy.energy_J) AS energy_J,
                avg(energy.carbon_g) AS carbon_g
            FROM energy JOIN run_variant USING (run_id)
            WHERE \(source.counts) AND energy.client_id IS NULL AND energy.activity <> 'total'
            GROUP BY run_variant.label, energy.activity ORDER BY min(energy.run_id), run_variant.label, \
            energy.activity
            """
        let data = try source.reader.query(sql)
        let rows = source.methods.compactMap { method -> ShareBars.Row? in
            let own = data.rows.filter { $0[0].text == method }
            guard !own.isEmpty else { return nil }
            return row(of: method, own)
        }
        guard rows.contains(where: { $0.parts.contains { $0.value > 0 } }) else { return nil }
        return Figure(
            id: "\(source.id)-energy", kind: "energy", title: "Where the energy goes",
            caption: "Shares of a run's energy; its total is at the right. Means over seeds.",
            legend: ShareBars.shown(energyParts.map { LegendItem($0.name, colour: $0.style) }, in: rows),
            sql: sql, data: data
        ) { width, _ in
            ShareBars(title: "Where the energy goes", rows: rows).svg(width: width)
        }
    }

    private static func row(of method: String, _ cells: [[QueryResult.Value]]) -> ShareBars.Row {
        func sum(_ column: Int, _ activities: [EnergyActivity]) -> Double {
            let names = activities.map(\.rawValue)
            return cells.filter { names.contains($0[1].text ?? "") }
                .reduce(0) { $0 + ($1[column].number ?? 0) }
        }
        let total = sum(2, EnergyActivity.allCases), grams = sum(3, EnergyActivity.allCases)
        let parts = energyParts.map { part in
            let joules = sum(2, part.activities)
            let share = total > 0 ? joules / total : 0
            return ShareBars.Part(
                style: part.style, value: joules,
                tip: "\(method): \(part.name) \(Format.joules(joules)), \(Format.percent(share))")
        }
        return ShareBars.Row(
            name: method, detail: Format.joules(total) + (grams > 0 ? ", \(Format.grams(grams)) CO2e" : ""),
            parts: parts)
    }
}
