import Foundation
import Models

/// What `run.build` says: program, compiler, libtorch and processor, all of which the bits of a run may
/// depend on.
enum BuildDescription {
    static let version = "0.2.0"

    /// Version and commit: `0.2.0 (4d46212ac01f)`; `4d46212ac01f+9ab3c1f2` where the sources had been
    /// changed.
    private static var versionAndCommit: String {
        buildStamp.isEmpty ? version : "\(version) (\(buildStamp))"
    }

    static var text: String {
        var parts = ["fgl-sim \(versionAndCommit)", "Swift \(compiler)", "libtorch \(Torch.version)"]
        if let processor { parts.append(processor) }
        if let kernels = Torch.kernels { parts.append(kernels) }
        parts.append("libtorch's kernels for \(Torch.capability)")
        return parts.joined(separator: "; ")
    }

    /// What `--version` prints: the version alone in its first line, then what the bits of a run depend on.
    ///
    /// Which kernels are taken is found out by trying them, so it is told only where it is asked for.
    static var versionLines: String {
        guard CommandLine.arguments.dropFirst().first == "--version" else { return version }
        let commit = buildStamp.isEmpty ? [] : ["commit \(buildStamp)"]
        let parts = text.split(separator: "; ").dropFirst().map(String.init)
        return ([version] + (commit + parts + ["devices: \(Torch.devices)"]).map { "  \($0)" }).joined(
            separator: "\n")
    }

    private static var compiler: String {
        #if compiler(>=6.3)
            "6.3"
        #elseif compiler(>=6.2)
            "6.2"
        #else
            "6"
        #endif
    }

    /// The processor's name and its vector extensions.
    private static var processor: String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?
                .split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
        }
        let wanted = ["avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"]
        let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
        return ([field("model name") ?? "unknown processor"] + wanted.filter(flags.contains)).joined(
            separator: " ")
    }
}
