import ArgumentParser
import RunLog
import Scenarios
import Simulator

struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Prints the reference: scenario keys, database schema or manual page.",
        discussion: """
            scenario: every key of a scenario file, from the declarations that parse it, as Markdown.
            schema: every table, view and column of a results file, from its migrations, as Markdown.
            man: this program's manual page.

            Examples:
              fgl-sim reference scenario > docs/scenario-reference.md
              fgl-sim reference man > fgl-sim.1 && man ./fgl-sim.1
              fgl-sim --generate-completion-script bash > fgl-sim.bash    # or zsh, fish
            """)

    enum Subject: String, ExpressibleByArgument, CaseIterable {
        case scenario, schema, man
    }

    @Argument(help: "What to print.")
    var subject: Subject

    func run() throws {
        let text =
            switch subject {
            case .scenario: ScenarioReference.markdown()
            case .schema:
                try SchemaReference.markdown(
                    works: WorkKinds.activities.filter { !WorkKind.all.contains($0) },
                    metrics: FederatedMethods.metrics)
            case .man: ManualPage.text()
            }
        Terminal.standardOutput.write(text)
    }
}

/// The manual page in troff's `man` macros, made from the commands' own help.
enum ManualPage {
    static func text() -> String {
        var page = """
            .TH FGL-SIM 1 "" "fgl-sim \(BuildDescription.version)" "User Commands"
            .SH NAME
            fgl\\-sim \\- \(escaped(FGLSim.configuration.abstract))
            .SH SYNOPSIS
            .B fgl\\-sim
            .I command
            [options]
            .SH DESCRIPTION
            .nf
            \(escaped(FGLSim.configuration.discussion))
            .fi
            .SH COMMANDS

            """
        for command in FGLSim.configuration.subcommands {
            page += ".SS \(escaped(command.configuration.commandName ?? ""))\n.nf\n"
            page += escaped(FGLSim.helpMessage(for: command, columns: 78)) + "\n.fi\n"
        }
        return page
    }

    /// Backslashes and hyphens as they are; a line that begins with a control character is not a macro.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix(".") || $0.hasPrefix("'") ? "\\&\($0)" : String($0) }.joined(separator: "\n")
    }
}
