import Foundation
import PackagePlugin

/// Writes a Swift file with the git commit that the program is built from.
///
/// Where sources differ from the commit, `+` and a hash of the difference follow it, so that no two programs
/// share a name. Outside a repository it is empty. The file is written anew only where its text changes.
@main
struct BuildStamp: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) -> [Command] {
        let folder = context.pluginWorkDirectoryURL
        return [
            .prebuildCommand(
                displayName: "Noting the git commit", executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [
                    "-c", Self.script, "sh", context.package.directoryURL.path,
                    folder.appendingPathComponent("BuildStamp.swift").path,
                ],
                outputFilesDirectory: folder)
        ]
    }

    // The repository may belong to another user, as in a container.
    private static let script = """
        cd "$1" || exit 1
        commit=""
        if [ -e .git ] && command -v git >/dev/null; then
            git() { command git -c safe.directory='*' "$@"; }
            commit=$(git rev-parse --short=12 HEAD 2>/dev/null)
            sources="Package.swift Plugins Sources"
            changes=$(git status --porcelain --untracked-files=all -- $sources 2>/dev/null)
            if [ -n "$commit" ] && [ -n "$changes" ]; then
                hash=$({ git diff HEAD -- $sources; git ls-files --others --exclude-standard -z -- $sources |
                    xargs -0 -r cat; } | sha256sum | cut -c1-8)
                commit="$commit+$hash"
            fi
        fi
        text="/// The git commit of the sources; empty where it is not known."
        text="$text\\nlet buildStamp = \\"$commit\\""
        printf '%b\\n' "$text" > "$2.new"
        if cmp -s "$2.new" "$2"; then rm "$2.new"; else mv "$2.new" "$2"; fi
        """
}
