// swift-tools-version: 6.1
// The benchmarks of the kernels, apart from the main package, which must not depend on their framework.
//   cd Benchmarks && swift package benchmark
import PackageDescription

let package = Package(
    name: "fgl-sim-benchmarks",
    platforms: [.macOS(.v13)],
    dependencies: [
        .package(name: "fgl-sim", path: ".."),
        // Without its traits, which count allocations with packages that not every mirror has.
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
    ],
    targets: [
        .executableTarget(
            name: "Kernels",
            dependencies: [
                .product(name: "Core", package: "fgl-sim"),
                .product(name: "RunLog", package: "fgl-sim"),
                .product(name: "Simulator", package: "fgl-sim"),
                .product(name: "Models", package: "fgl-sim"),
                // So that it is built, and lies beside the benchmarks.
                .product(name: "TorchShim", package: "fgl-sim"),
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Benchmarks/Kernels",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ],
    swiftLanguageModes: [.v6]
)
