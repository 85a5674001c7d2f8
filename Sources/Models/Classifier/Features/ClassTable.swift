/// The rows of a safetensors file with one row for each class that a client holds.
struct ClassTable {
    let labels: [Int]
    let counts: [Int]
    private let file: SafetensorsFile

    /// - Throws: `SafetensorsError` where `labels` and `counts` are missing or of different lengths.
    init(_ file: SafetensorsFile) throws {
        self.file = file
        labels = try file.tensor(named: "labels").integers.map(Int.init)
        let counts = try file.tensor(named: "counts")
        self.counts = counts.integers.map(Int.init)
        try file.require("counts", counts.shape, is: [labels.count])
    }

    /// The tensor of a name, of shape `[classes, width]`.
    ///
    /// - Throws: `SafetensorsError` where it is missing or has another number of rows.
    func rows(named name: String) throws -> (values: [Float], width: Int) {
        let tensor = try file.tensor(named: name), width = tensor.shape.last ?? 0
        try file.require(name, tensor.shape, is: [labels.count, width])
        return (tensor.to(.float32).floats, width)
    }
}

extension Tensor {
    /// Whole numbers as they are kept and sent, I32 `[N]`.
    package static func int32(_ values: [Int]) -> Tensor {
        Tensor(indices: values.map(Int64.init)).to(.int32)
    }

    /// The same in half precision; what it does not hold becomes the largest number that it does.
    package var halves: Tensor { clamp(-65_504, 65_504).to(.float16) }
}
