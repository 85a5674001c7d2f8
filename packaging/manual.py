"""Writes fgl-sim(1), the manual page, from what the program says of itself (`--experimental-dump-help`).

    manual.py PROGRAM > fgl-sim.1

In mdoc, so that man, mandoc and lintian know what is a command, a flag and an argument.
"""

import json
import subprocess
import sys


def escaped(text: str) -> str:
    """Text that roff takes as it is: no escapes, and no dot or apostrophe that starts a request."""
    lines = text.replace("\\", "\\e").replace("-", "\\-").split("\n")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def name(argument: dict) -> str:
    """The form that the manual names: the long one, and a value where it takes one."""
    preferred = argument["preferredName"]["name"] if "preferredName" in argument else ""
    match argument["kind"]:
        case "positional":
            return f"Ar {escaped(argument.get('valueName', 'file'))}"
        case "flag":
            return f"Fl -{escaped(preferred)}"
        case _:
            return f"Fl -{escaped(preferred)} Ar {escaped(argument.get('valueName', preferred))}"


def synopsis(command: dict, path: str) -> list[str]:
    lines = [f".Nm {path}"]
    for argument in command.get("arguments", []):
        if not argument.get("shouldDisplay", True) or argument.get("preferredName", {}).get("name") in ("help", "version"):
            continue
        dots = " ..." if argument.get("isRepeating") else ""
        optional = argument.get("isOptional") or argument["kind"] != "positional"
        lines.append(f".{'Op ' if optional else ''}{name(argument)}{dots}")
    return lines


def section(command: dict, path: str) -> list[str]:
    lines = [f".Ss {path}", escaped(command.get("abstract", ""))]
    lines += [".Bd -ragged -compact", *synopsis(command, path), ".Ed"]
    if discussion := command.get("discussion"):
        lines += [".Bd -literal -offset indent", escaped(discussion), ".Ed"]
    arguments = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    if arguments:
        lines += [".Bl -tag -width indent"]
        for argument in arguments:
            lines += [f".It {name(argument)}", escaped(argument.get("abstract", ""))]
            if default := argument.get("defaultValue"):
                lines.append(escaped(f"Default: {default}."))
        lines.append(".El")
    return lines


def main() -> None:
    tool = json.loads(subprocess.check_output([sys.argv[1], "--experimental-dump-help"]))["command"]
    lines = [".Dd November 29, 2026", ".Dt FGL-SIM 1", ".Os", ".Sh NAME", ".Nm fgl-sim",
             f".Nd {escaped(tool['abstract'])}", ".Sh SYNOPSIS", ".Nm fgl-sim", ".Ar command", ".Op Ar argument ...",
             ".Sh DESCRIPTION", ".Bd -literal", escaped(tool.get("discussion", "")), ".Ed", ".Sh COMMANDS"]
    for command in tool.get("subcommands", []):
        if command.get("shouldDisplay", True) and command["commandName"] != "help":
            lines += section(command, f"fgl-sim {command['commandName']}")
            for inner in command.get("subcommands", []):
                lines += section(inner, f"fgl-sim {command['commandName']} {inner['commandName']}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
