// swift-tools-version: 6.1
import PackageDescription

// A package of its own that adds a method, a policy and a data source to fgl-sim: `swift run custom-method`.
let package = Package(
    name: "CustomMethod",
    dependencies: [.package(name: "fgl-sim", path: "../..")],
    targets: [
        .executableTarget(
            name: "custom-method",
            dependencies: [
                .product(name: "Scenarios", package: "fgl-sim"),
                .product(name: "Core", package: "fgl-sim"),
                .product(name: "RunLog", package: "fgl-sim"),
                .product(name: "Models", package: "fgl-sim"),
                // Loaded when the first tensor is made, from the folder of the program.
                .product(name: "TorchShim", package: "fgl-sim"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
