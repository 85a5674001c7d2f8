import Foundation
import GRDB
import GRDBSQLite

/// What is done before a results file from anywhere is read: its tables must be tables, its own views and
/// triggers are never run, cells are of a bounded size, and no query goes on for ever.
///
/// https://www.sqlite.org/security.html says what else a file can hold.
enum ForeignFile {
    /// The longest cell, in bytes: an input of 64 MiB and what surrounds it.
    private static let longestCell: Int32 = 128 << 20

    /// Sets limits on a connection, before anything of the file is asked for.
    ///
    /// - Throws: `DatabaseError`.
    static func restrict(_ database: Database) throws {
        sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_LENGTH, longestCell)
        // Functions with effects are not called from a schema; a page is looked over before it is used.
        try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }

    /// Finds what is not laid out as this program does it.
    ///
    /// - Parameter isForWriting: whether rows will be added, which triggers of the file would follow.
    /// - Returns: the first such thing, for people; `nil` where all is well.
    /// - Throws: `DatabaseError`.
    static func strangeness(of database: Database, isForWriting: Bool) throws -> String? {
        let objects = try Row.fetchAll(
            database,
            sql: "SELECT type, lower(name), rootpage FROM main.sqlite_schema WHERE name IS NOT NULL")
        var tables: Set<String> = []
        for object in objects {
            guard let type = String.fromDatabaseValue(object[0]),
                let name = String.fromDatabaseValue(object[1])
            else { return "its schema holds something that is not text" }
            if isForWriting, type == "trigger" { return "trigger '\(name)' would follow what is written" }
            let isView = RunLogSchema.views[name] != nil
            guard isView || TableRules.columns[name] != nil else { continue }
            guard type == (isView ? "view" : "table") else { return "'\(name)' is a \(type)" }
            guard isView || (Int.fromDatabaseValue(object[2]) ?? 0) > 0 else {
                return "'\(name)' is a virtual table"
            }
            if !isView { tables.insert(name) }
        }
        for (table, columns) in TableRules.columns.sorted(by: { $0.key < $1.key }) {
            guard tables.contains(table) else {
                if RunLogSchema.firstTables.contains(table) { return "table '\(table)' is missing" }
                continue
            }
            if let finding = try strangeness(ofTable: table, columns, in: database) { return finding }
        }
        return nil
    }

    private static func strangeness(
        ofTable table: String, _ columns: [String], in database: Database
    ) throws -> String? {
        let found = try Row.fetchAll(
            database, sql: "SELECT name, hidden FROM pragma_table_xinfo(?, 'main')", arguments: [table])
        let names = Set(found.compactMap { String.fromDatabaseValue($0[0]) })
        let added = TableRules.all[table]?.added ?? []
        if let missing = columns.first(where: { !names.contains($0) && !added.contains($0) }) {
            return "table '\(table)' has no column '\(missing)'"
        }
        if found.contains(where: { Int.fromDatabaseValue($0[1]) != 0 }) {
            return "table '\(table)' has a computed column"
        }
        let hidesRows = names.contains { ["rowid", "oid", "_rowid_"].contains($0.lowercased()) }
        return hidesRows ? "table '\(table)' has a column 'rowid'" : nil
    }

    /// Makes the views of the present version on a connection that only reads, in place of the file's own,
    /// and the tables that a file of an earlier version lacks.
    ///
    /// - Throws: `DatabaseError`.
    static func complete(_ database: Database) throws {
        let tables = try Set(
            String.fetchAll(
                database, sql: "SELECT lower(name) FROM main.sqlite_schema WHERE type = 'table'"))
        for (table, columns) in TableRules.columns where !tables.contains(table) && table != "setting" {
            guard table != "run_identity" else { continue }
            try database.execute(sql: "CREATE TEMP TABLE \(table) (\(columns.joined(separator: ", ")))")
        }
        try addColumns(to: database, in: tables)
        if !tables.contains("run_identity") || !tables.contains("setting") {
            try database.execute(sql: RunLogSchema.identityTables(isTemporary: true))
            try RunIdentity.fill(database)
        }
        for view in RunLogSchema.views.values {
            try database.execute(sql: view.replacing("CREATE VIEW", with: "CREATE TEMP VIEW"))
        }
        try database.execute(sql: "PRAGMA query_only = ON")
    }

    /// Stands views before the tables of earlier versions that lack columns.
    private static func addColumns(to database: Database, in tables: Set<String>) throws {
        for (table, rules) in TableRules.all.sorted(by: { $0.key < $1.key })
        where !rules.added.isEmpty && tables.contains(table) {
            let names = try Set(
                String.fetchAll(
                    database, sql: "SELECT name FROM pragma_table_xinfo(?, 'main')", arguments: [table]))
            let missing = rules.added.subtracting(names).sorted()
            guard !missing.isEmpty else { continue }
            let columns = ["*"] + missing.map { "NULL AS \($0)" }
            try database.execute(
                sql: "CREATE TEMP VIEW \(table) AS SELECT \(columns.joined(separator: ", ")) "
                    + "FROM main.\(table)")
        }
    }
}
