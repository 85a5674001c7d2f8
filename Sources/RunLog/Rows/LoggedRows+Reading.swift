// Each initializer takes the columns of its table in the order of `LoggedTable.columns`.

extension ClientRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            client: try columns.integer(), domain: try columns.text(), samples: try columns.integer(),
            uplinkBytesPerSecond: try columns.real(), downlinkBytesPerSecond: try columns.real(),
            latencySeconds: try columns.real(), flopsPerSecond: try columns.real(),
            slowdown: try columns.real())
    }
}

extension LabelCountRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            client: try columns.integer(), label: try columns.integer(), className: try columns.text(),
            samples: try columns.integer())
    }
}

extension EventRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            sequence: try columns.integer(), instant: try columns.instant(), kind: try columns.text(),
            round: try columns.integer(), client: try columns.integer(), bytes: try columns.integer(),
            detail: try columns.text())
    }
}

extension TransferRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            transfer: try columns.integer(), round: try columns.integer(), client: try columns.integer(),
            direction: try columns.cases(), payload: try columns.text(), bytes: try columns.integer(),
            start: try columns.instant(), end: try columns.instant(), status: try columns.cases())
    }
}

extension MetricRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            instant: try columns.instant(), round: try columns.integer(), client: try columns.integer(),
            split: try columns.text(), name: try columns.text(), value: try columns.real() ?? .nan)
    }
}

extension PromptRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            client: try columns.integer(), label: try columns.integer(), text: try columns.text(),
            bytes: try columns.integer())
    }
}

extension WorkRow {
    init(reading columns: inout ColumnReader) throws {
        self.init(
            work: try columns.integer(), kind: try columns.text(), round: try columns.integer(),
            client: try columns.integer(), key: try columns.text(), outputSHA256: try columns.text(),
            flops: try columns.real(), wallSeconds: try columns.real(), metrics: try columns.text())
    }
}
