import CTorch
import Foundation
import Models
import TestSupport
import Testing

/// How OpenBLAS's kernels are chosen: by what the processor can do, and by products that they get right.
@Suite("Choice of kernels", .serialized)
struct KernelChoiceTests {
    @Test("The processor's kernels are named widest first, and the narrowest runs on any")
    func names() {
        let kernels = Torch.processorKernels
        let all = ["SkylakeX", "Haswell", "Sandybridge", "Nehalem", "Prescott"]
        #expect(kernels == all.filter(kernels.contains))
        #if arch(x86_64)
            #expect(kernels.last == "Prescott")
        #endif
        #expect(["avx512", "avx2", "default"].contains(Torch.capability))
    }

    @Test(
        "The kernels that are taken are the processor's widest, unless a variable names others",
        .enabled(if: Torch.kernels?.hasPrefix("OpenBLAS") == true))
    func taken() throws {
        let text = try #require(Torch.kernels)
        let wanted = ProcessInfo.processInfo.environment["FGL_OPENBLAS_CORETYPE"]
        let kernels = try #require(wanted ?? Torch.processorKernels.first)
        #expect(text.contains(" as "))
        // Where they are wrong on this processor, the text says so and names narrower ones.
        #expect(text.hasSuffix(" as \(kernels)") || text.contains("(not \(kernels): "))
    }

    /// A BLAS whose SkylakeX kernels are wrong, whose Haswell kernels have an instruction that no processor
    /// has, that lacks Nehalem's, and whose others are plain loops.
    private static let source = """
        #include <stdlib.h>
        #include <string.h>
        static const char *core(void) { const char *name = getenv("OPENBLAS_CORETYPE");
            return name ? name : "none"; }
        const char *openblas_get_corename(void) {
            return strcmp(core(), "Nehalem") == 0 ? "Prescott" : core(); }
        const char *openblas_get_config(void) { return "OpenBLAS 0.0.1 DYNAMIC_ARCH"; }
        void cblas_sgemm(int order, int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda,
                         const float *b, int ldb, float beta, float *c, int ldc) {
            if (strcmp(core(), "Haswell") == 0) __builtin_trap();
            for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) {
                float sum = 0;
                for (int l = 0; l < k; l++)
                    sum += (ta == 112 ? a[l * lda + i] : a[i * lda + l])
                        * (tb == 112 ? b[j * ldb + l] : b[l * ldb + j]);
                c[i * ldc + j] = alpha * sum + beta * c[i * ldc + j];
            }
            // The last element of one large product alone.
            if (strcmp(core(), "SkylakeX") == 0 && m > 100) c[(m - 1) * ldc + n - 1] += 1;
        }
        """

    /// The path of that library, compiled.
    private static func library(_ text: String = source, _ name: String = "libfake.so") throws -> String {
        let source = TestFiles.path("\(name).c")
        let library = TestFiles.path(name)
        try text.write(toFile: source, atomically: true, encoding: .utf8)
        let compiler = Process()
        compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return library
    }

    /// What comes of trying kernels in order.
    private static func choose(_ library: String, _ kernels: [String]) throws -> ct_blas {
        // The choice is made through the environment, which is of no interest to the real one once that is
        // loaded.
        try Torch.load()
        let before = ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"]
        defer { setenv("OPENBLAS_CORETYPE", before ?? "", 1) }
        let names = kernels.map { strdup($0) }
        defer { for name in names { free(name) } }
        return ct_blas_with_kernels(library, names.map { UnsafePointer($0) }, Int32(names.count))
    }

    /// The text of a field, which C has as an array of characters.
    private static func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    @Test("Kernels that are wrong, crash or are not there are taken back for narrower ones, and it is said")
    func stepsDown() throws {
        let kernels = ["SkylakeX", "Haswell", "Nehalem", "Sandybridge", "Prescott"]
        let blas = try Self.choose(try Self.library(), kernels)
        #expect(blas.right)
        #expect(Self.text(blas.library) == "OpenBLAS 0.0.1")
        #expect(Self.text(blas.kernels) == "Sandybridge")
        #expect(
            Self.text(blas.rejected)
                == "SkylakeX: wrong products, Haswell: Illegal instruction, Nehalem: this OpenBLAS has none")
    }

    @Test("Where no kernels are right, it is said of each")
    func noneRight() throws {
        let blas = try Self.choose(try Self.library(), ["SkylakeX", "Haswell"])
        #expect(blas.found && !blas.right)
        #expect(Self.text(blas.rejected) == "SkylakeX: wrong products, Haswell: Illegal instruction")
    }

    @Test("A library that cannot switch is taken with the kernels that it has, where those are right")
    func cannotSwitch() throws {
        // Built for one processor, it names that in capitals, whatever it is told.
        func fixed(_ core: String) throws -> ct_blas {
            let source = Self.source.replacing("getenv(\"OPENBLAS_CORETYPE\")", with: "\"\(core)\"")
                .replacing(" DYNAMIC_ARCH", with: " NO_AFFINITY")
            return try Self.choose(try Self.library(source, "lib\(core).so"), ["SkylakeX", "Sandybridge"])
        }
        let right = try fixed("ZEN")
        #expect(right.right && Self.text(right.kernels) == "ZEN" && Self.text(right.rejected) == "")
        let wrong = try fixed("SkylakeX")
        #expect(!wrong.right && Self.text(wrong.rejected) == "SkylakeX: wrong products")
    }

    @Test("Names of kernels are compared without regard to case")
    func anyCase() throws {
        let source = Self.source.replacing(
            "return strcmp(core(), \"Nehalem\") == 0 ? \"Prescott\" : core();",
            with: "return \"Sandybridge\";")
        let blas = try Self.choose(try Self.library(source, "libcase.so"), ["sandybridge"])
        #expect(blas.right && Self.text(blas.kernels) == "Sandybridge" && Self.text(blas.rejected) == "")
    }

    @Test("A library that is not there is not found")
    func missing() throws {
        let blas = try Self.choose("/nowhere/libblas.so.3", ["Haswell"])
        #expect(!blas.found && !blas.right)
    }
}
