"""What can go wrong, each with one sentence that says what, where and what to do."""

from __future__ import annotations

from typing import Optional, Sequence


class FglError(Exception):
    """An error of this package. Its text is one sentence, or the sentences of the program."""


class ProgramMissing(FglError):
    """The program fgl-sim was not found."""


class ProgramError(FglError):
    """The program ended with an error.

    Attributes:
        message: what it said, such as ``scenario.yaml:3:9: …``.
        exit_code: 64 usage, 65 bad input, 70 a bug of the program, 73 cannot write, 74 cannot read;
            negative: the signal that ended it.
        command: what was called.
    """

    def __init__(self, message: str, exit_code: int, command: Sequence[str]) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.command = list(command)


class FileError(FglError):
    """A results file cannot be read: it is foreign, damaged, empty or not accessible."""


class MissingFile(FileError, FileNotFoundError):
    """There is no such file."""


class MissingPackage(FglError, ImportError):
    """An optional package is not installed."""


class NothingToShow(FglError, ValueError):
    """The selected runs hold nothing of what was asked for."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended a run. What is finished is stored; the text says how to go on.

    Attributes:
        path: the results file for ``fgl_sim.resume``; ``None`` where no run had begun.
        exit_code: of the program; 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.
    """

    def __init__(self, message: str, path: Optional[str], exit_code: int = 130) -> None:
        super().__init__(message)
        self.path = path
        self.exit_code = exit_code


def missing(package: str, extra: str, purpose: str) -> MissingPackage:
    """The error for an optional package that is not installed."""
    return MissingPackage(f"{purpose} needs {package}: pip install 'fgl-sim[{extra}]'")
