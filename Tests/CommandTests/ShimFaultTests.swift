import Foundation
import Models
import TestSupport
import Testing

/// What the program says where libtorch cannot be used: a line and exit code 74.
@Suite("Faults of libtorch and its shim")
struct ShimFaultTests {
    private static let command = [
        "synthesize", "A photo of a star", "--count", "1", "--steps", "1", "--output",
    ]

    /// The line with which drawing an image ends in an environment.
    private func refusal(_ environment: [String: String]) throws -> String {
        let path = TestFiles.path("none.png")
        let outcome = try Program.run(
            Program.executable, Self.command + [path],
            environment: environment.merging(["FGL_CACHE_LIMIT": "0B"]) { first, _ in first })
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: path))
        return outcome.errors
    }

    /// The path of a library that is compiled of a text in C.
    private func library(_ text: String, _ name: String) throws -> String {
        let source = try TestFiles.write(text, "\(name).c"), library = TestFiles.path("\(name).so")
        let outcome = try Program.run(
            URL(filePath: "/usr/bin/env"), ["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"])
        try #require(outcome.code == 0, "\(outcome.errors)")
        return library
    }

    @Test("A shim of another version is named, whichever function it lacks")
    func otherVersion() throws {
        let forwards = try String(
            contentsOf: Program.root.appendingPathComponent("Sources/CTorch/forwards.c"), encoding: .utf8)
        let names = forwards.matches(of: /\n(?:NEED|FORWARD|UNARY|BINARY)\((ct_\w+)/).map { String($0.1) }
        #expect(names.count > 100 && Set(names).count == names.count)
        // The first function, and the last one alone.
        for count in [0, names.count - 1] {
            let text = names.prefix(count).map { "int \($0)(void) { return 0; }\n" }.joined()
            let shim = try library("int nothing;\n" + text, "shim")
            #expect(
                try refusal(["FGL_TORCH_SHIM": shim])
                    == "fgl-sim: libtorch cannot be loaded: \(shim) is of another version than the program "
                    + "(it has no \(names[count])); build the shim again (docs/install.md says how)\n")
        }
    }

    @Test(
        "A limit of bytes that is no number is refused",
        arguments: ["abc", "-5", "0", "20MB", "1.5", "9999999999999999999999"])
    func limit(value: String) throws {
        #expect(
            try refusal(["FGL_TENSOR_BYTES_LIMIT": value])
                == "fgl-sim: FGL_TENSOR_BYTES_LIMIT is '\(value)'; allowed: a whole number of bytes from 1 "
                + "to 999999999999999999\n")
    }

    @Test("Vector extensions that libtorch or the processor does not have are refused")
    func capability() throws {
        let environment = ["FGL_ATEN_CPU_CAPABILITY": "foo"]
        let line = try refusal(environment)
        #expect(
            line.hasPrefix("fgl-sim: FGL_ATEN_CPU_CAPABILITY is 'foo'; allowed here: "), "\(line)")
        #expect(line.hasSuffix("default\n"), "\(line)")
        // What loads no libtorch goes on, with the processor's.
        let version = try Program.run(Program.executable, ["--version"], environment: environment)
        #expect(version.code == 0)
        #expect(version.output.contains("libtorch's kernels for \(Torch.capability)\n"))
    }

    #if os(Linux)
        /// A `pthread_create` that makes no thread for the shim and for libtorch's pool.
        private static let withoutThreads = """
            #define _GNU_SOURCE
            #include <dlfcn.h>
            #include <errno.h>
            #include <pthread.h>
            #include <string.h>
            typedef int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
            int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                               void *value) {
                Dl_info caller;
                if (dladdr(__builtin_return_address(0), &caller) != 0 && caller.dli_fname != NULL
                    && (strstr(caller.dli_fname, "TorchShim") != NULL
                        || strstr(caller.dli_fname, "pthreadpool") != NULL
                        || strstr(caller.dli_fname, "torch_cpu") != NULL))
                    return EAGAIN;
                return ((create)dlsym(RTLD_NEXT, "pthread_create"))(thread, attributes, body, value);
            }
            """

        @Test(
            "Threads that libtorch's pool does not get are told, and not waited for",
            .enabled(if: ProcessInfo.processInfo.processorCount > 1), .endsAtAll)
        func threads() throws {
            let line = try refusal(["LD_PRELOAD": try library(Self.withoutThreads, "threads")])
            #expect(line.hasPrefix("fgl-sim: the system makes no thread for libtorch: "), "\(line)")
            #expect(line.hasSuffix("; see ulimit -u and ulimit -v\n"), "\(line)")
        }
    #endif
}
