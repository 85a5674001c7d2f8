import Foundation
import Models
import Testing

/// Which tensor of a file is named as the first that is not finite.
@Suite struct FiniteTests {
    private typealias Named = [(name: String, tensor: Tensor)]

    private func found(_ tensors: Named, as type: ElementType? = nil) throws -> String? {
        try SafetensorsFile(bytes: Safetensors.encode(tensors, as: type)).firstNotFinite
    }

    @Test(
        "an infinite element or one that is not a number is found in every type, also as the last",
        arguments: [ElementType.float16, .bfloat16, .float32, .float64], [Float.nan, .infinity, -.infinity])
    func types(type: ElementType, value: Float) throws {
        let fine = Tensor([1, -2, 3]), spoilt = Tensor([0, 1, value])
        #expect(try found([("a", fine), ("b", spoilt), ("c", spoilt)], as: type) == "b")
        #expect(try found([("a", spoilt), ("b", fine)], as: type) == "a")
        #expect(try found([("a", Tensor([value], shape: []))], as: type) == "a")
    }

    @Test("the first in the order of the file is named, which is not the order of writing")
    func order() throws {
        let half = Tensor([.nan, 0]).to(.float16), whole = Tensor([0, .infinity])
        #expect(try found([("half", half), ("whole", whole)]) == "whole")
    }

    @Test("finite elements whose sum is not finite are finite")
    func largeSums() throws {
        let largest = Tensor.full([3], Double(Float.greatestFiniteMagnitude))
        #expect(try found([("f32", largest), ("f16", .full([70_000], 60_000, .float16))]) == nil)
        // Beyond 32 bits, and below the largest of 64.
        let double = Tensor.full([4], 1.7e308, .float64)
        #expect(try found([("f64", double)]) == nil)
        #expect(try found([("f64", .concatenate([double, Tensor([.nan]).to(.float64)]))]) == "f64")
        let opposite = Tensor([.infinity, -.infinity])
        #expect(try found([("f32", largest), ("opposite", opposite)]) == "opposite")
    }

    @Test("whole numbers and tensors without elements are finite, and millions of elements are all looked at")
    func sizes() throws {
        #expect(try found([("count", Tensor(indices: [.max, .min])), ("none", .zeros([0, 3]))]) == nil)
        #expect(try found([]) == nil)
        let piece = Tensor.ones([1 << 22])
        #expect(try found([("a", .concatenate([piece, Tensor([.nan])]))]) == "a")
        #expect(try found([("a", piece), ("b", .concatenate([piece, Tensor([1])]))]) == nil)
    }

    @Test("elements that are not aligned, and those of a file that is read once, are found too")
    func places() throws {
        // Headers are written with a length that is a multiple of 8; others can be read.
        let json = #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
        for spaces in 0..<4 {
            let header = Array((json + String(repeating: " ", count: spaces)).utf8)
            let bytes =
                withUnsafeBytes(of: UInt64(header.count).littleEndian, Array.init) + header
                + [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0x7F]
            #expect(try SafetensorsFile(bytes: bytes).firstNotFinite == "w")
            #expect(try SafetensorsFile(bytes: bytes.dropLast(2) + [0, 0]).firstNotFinite == nil)
        }
        try withTemporaryFolder { path in
            let file = "\(path)/a.safetensors"
            try Safetensors.write([("a", Tensor([1, 2])), ("b", Tensor([.nan, 2]))], to: file)
            for isReadOnce in [false, true] {
                let reader = try SafetensorsFile(path: file, isReadOnce: isReadOnce)
                #expect(reader.firstNotFinite == "b" && reader.firstNotFinite == "b")
            }
        }
    }
}
