// swift-tools-version: 6.1
import Foundation
import PackageDescription

// A libtorch other than the system's (a newer one, or one with CUDA) is named by LIBTORCH=/path/to/libtorch.
let libtorch = ProcessInfo.processInfo.environment["LIBTORCH"]

let versionHeader = libtorch.flatMap {
    try? String(contentsOfFile: "\($0)/include/torch/csrc/api/include/torch/version.h", encoding: .utf8)
}
let isFirstGeneration = versionHeader?.contains("#define TORCH_VERSION_MAJOR 1\n") ?? (libtorch == nil)

// Headers and libraries outside the system's folders have no SwiftPM setting of their own: `unsafeFlags` is
// the only way.
let headers = libtorch.map { ["-I\($0)/include"] } ?? []
let headerFlags: [CXXSetting] = headers.isEmpty ? [] : [.unsafeFlags(headers)]
let libraryFlags: [LinkerSetting] =
    libtorch.map {
        [.unsafeFlags(["-L\($0)/lib", "-Xlinker", "-rpath", "-Xlinker", "\($0)/lib"])]
    } ?? []

// No symbol of libtorch's CUDA libraries is used: they register their operators when they are loaded. The
// linker must keep them all the same.
let hasCUDA = libtorch.map { FileManager.default.fileExists(atPath: "\($0)/lib/libtorch_cuda.so") } ?? false
let cudaLibraries: [LinkerSetting] =
    hasCUDA
    ? [
        .unsafeFlags([
            "-Xlinker", "--no-as-needed", "-ltorch_cuda", "-lc10_cuda", "-Xlinker", "--allow-shlib-undefined",
        ])
    ] : []

// Tests are compiled without optimization, which halves the time for that and slows no test: what they test
// is another module. SwiftPM has no other setting for a release build.
let testSettings: [SwiftSetting] = [.unsafeFlags(["-Onone"])]

let package = Package(
    name: "fgl-sim",
    products: [
        .library(name: "Core", targets: ["Core"]),
        .library(name: "Simulator", targets: ["Simulator"]),
        .library(name: "RunLog", targets: ["RunLog"]),
        .library(name: "Models", targets: ["Models"]),
        .library(name: "Scenarios", targets: ["Scenarios"]),
        .library(name: "Results", targets: ["Results"]),
        // Loaded by the program, from the folder it is in, when the first tensor is made.
        .library(name: "TorchShim", type: .dynamic, targets: ["ATenShim"]),
        .executable(name: "fgl-sim", targets: ["fgl-sim"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        // What programs link: every call goes on to TorchShim, which is loaded when it is first needed.
        .target(
            name: "CTorch",
            linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        // No target depends on it, so that none is linked with libtorch. Of what can be compiled, the build
        // takes first what is last in the alphabet: by its A this waits for a processor that no Swift module
        // needs, which makes a clean build shorter.
        .target(
            name: "ATenShim",
            path: "Sources/TorchShim",
            // Its header is CTorch's.
            publicHeadersPath: ".",
            cxxSettings: headerFlags + (libtorch == nil ? [] : [.define("CT_FOREIGN_LIBTORCH")])
                + [.headerSearchPath("../CTorch/include")],
            linkerSettings: libraryFlags + [
                .linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
                .linkedLibrary("m"),
            ] + cudaLibraries),
        // What every other target may need and nothing of the field: digests, random streams, text for
        // people.
        .target(name: "Core", dependencies: ["CCrypto"]),
        .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
        // Ends the program with a sentence where the system has no memory; linked into the program alone.
        .target(name: "Memory"),
        // A hint to the processor that Swift has no word for.
        .target(name: "CPrefetch"),
        .systemLibrary(name: "CImage", providers: [.apt(["libturbojpeg0-dev", "libspng-dev"])]),
        .systemLibrary(name: "CZstd", providers: [.apt(["libzstd-dev"])]),
        .target(
            name: "Simulator",
            dependencies: [
                "Core", "CPrefetch",
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        .target(
            name: "RunLog",
            dependencies: [
                "Core", "Simulator",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        .target(
            name: "Models",
            dependencies: ["Core", "CTorch", "CImage", "CZstd"],
            resources: [
                .copy("Foundation/builtin-small"), .copy("Foundation/builtin"),
                .copy("Foundation/builtin-large"),
                .copy("Foundation/builtin-hundred"), .copy("Foundation/builtin-photos"),
                .copy("Captioner/builtin-captioner"),
            ]),
        .target(
            name: "Scenarios",
            dependencies: [
                "Core", "Models", "RunLog", "Simulator",
                .product(name: "Yams", package: "Yams"),
            ],
            // In the program itself: the bridge and the program are always of one version.
            resources: [.embedInCode("Engine/Bridge")]),
        // What a results file says; it knows no federation.
        .target(
            name: "Results",
            dependencies: ["Core", "RunLog", .product(name: "Mustache", package: "swift-mustache")],
            // In the program itself: a report needs no file beside it.
            resources: [.embedInCode("Report/Templates")]),
        .executableTarget(
            name: "fgl-sim",
            dependencies: [
                "Core", "Memory", "Models", "Results", "RunLog", "Scenarios", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                // For `serve` alone.
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            plugins: ["BuildStamp"]),
        // Tells the program which git commit it is built from.
        .plugin(name: "BuildStamp", capability: .buildTool()),
        // Where tests put their files, and how they read a results file.
        .target(name: "TestSupport", path: "Tests/TestSupport"),
        // Reads the sources of all targets.
        .testTarget(name: "SourceTests", swiftSettings: testSettings),
        .testTarget(name: "CoreTests", dependencies: ["Core", "TestSupport"], swiftSettings: testSettings),
        .testTarget(
            name: "SimulatorTests", dependencies: ["Core", "Simulator", "TestSupport"],
            exclude: ["Fixtures"], swiftSettings: testSettings),
        .testTarget(
            name: "RunLogTests",
            dependencies: [
                "Core", "RunLog", "Simulator", "TestSupport", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Fixtures"], swiftSettings: testSettings),
        .testTarget(
            name: "ModelsTests", dependencies: ["Core", "CTorch", "Models", "TestSupport"],
            exclude: ["Fixtures", "Data/Fixtures"], swiftSettings: testSettings),
        .testTarget(
            name: "ScenariosTests",
            dependencies: [
                "Core", "Models", "Results", "RunLog", "Scenarios", "Simulator", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            exclude: ["Golden", "Methods/Fixtures"], swiftSettings: testSettings),
        // Some results are made by real runs.
        .testTarget(
            name: "ResultsTests",
            dependencies: [
                "Core", "Results", "RunLog", "Scenarios", "Simulator", "TestSupport",
                .product(name: "GRDB", package: "GRDB.swift"),
            ], swiftSettings: testSettings),
        // The program of `Examples/CustomMethod`, a package of its own, built here too so that the tests run
        // it. It sees no more of the libraries than another package does.
        .executableTarget(
            name: "custom-method", dependencies: ["Core", "Models", "RunLog", "Scenarios"],
            path: "Examples/CustomMethod/Sources/custom-method", packageAccess: false),
        // Depends on the programs so that they are built: the tests run them as their users do.
        .testTarget(
            name: "CommandTests",
            dependencies: ["Core", "fgl-sim", "custom-method", "Models", "TestSupport"],
            exclude: ["Help"], swiftSettings: testSettings),
    ],
    swiftLanguageModes: [.v6],
    // libtorch 2.13's headers ask for C++20, and 1.13's do not compile with it.
    cxxLanguageStandard: isFirstGeneration ? .cxx17 : .cxx20
)
