"""The program as a child process: its output, its errors, Ctrl-C."""

from __future__ import annotations

import ctypes
import logging
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Callable, List, Optional, Sequence

from .errors import ProgramError

LOGGER = logging.getLogger("fgl_sim")
#: Exit codes of a program that was interrupted, by SIGHUP, Ctrl-C or SIGTERM.
INTERRUPTED = (129, 130, 143)

# Lines such as "[12 s] quickstart fedavg  round 3/20 …".
_PROGRESS = re.compile(r"^\[\d")


def _end_with_parent() -> Optional[Callable[[], object]]:
    """What a new process does so that the kernel interrupts it when Python ends, however it ends; only on Linux.

    It is run between fork and exec, where little is allowed: everything is looked up and made here. The kernel
    looks at the thread that started the process; that one waits for it in :meth:`Child.run`.
    """
    if sys.platform != "linux":
        return None
    try:
        prctl = ctypes.PyDLL(None).prctl
    except (OSError, AttributeError):
        return None
    # Not SIGINT: a Python in the background of a script ignores it, and with it the program.
    option, number = ctypes.c_int(1), ctypes.c_ulong(signal.SIGTERM)  # 1: PR_SET_PDEATHSIG.
    return lambda: prctl(option, number)


_END_WITH_PARENT = _end_with_parent()


class Child:
    """A call of the program.

    It runs in a session of its own, so that a terminal's Ctrl-C comes to Python alone, which passes it on
    once: for the program, a second one means "stop at once". Where Python ends otherwise, the program is
    interrupted too.
    """

    def __init__(self, program: Path, arguments: Sequence[str]) -> None:
        self.command = [str(program), *arguments]
        self.stdout = ""
        self.messages: List[str] = []
        self.interrupts = 0
        self.exit_code: Optional[int] = None
        self.on_warning: Callable[[str], None] = LOGGER.warning

    def run(self, tick: Callable[[], None] = lambda: None) -> int:
        """Waits until the program ends and calls ``tick`` several times a second.

        Returns:
            Its exit code, negative for a signal.

        Raises:
            ProgramError: it cannot be started.
        """
        try:
            process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, encoding="utf-8", errors="replace", start_new_session=True,
                preexec_fn=_END_WITH_PARENT)
        except OSError as error:
            message = f"{self.command[0]}: cannot be started: {error.strerror}"
            raise ProgramError(message, 127, self.command) from error
        readers = [
            threading.Thread(target=self._read_output, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_messages, args=(process.stderr,), daemon=True),
        ]
        try:
            for reader in readers:
                reader.start()
            self._wait(process, tick)
        finally:
            if process.poll() is None:
                _stop(process)
            for reader in readers:
                reader.join(timeout=5)
        self.exit_code = process.returncode
        return process.returncode

    def _wait(self, process: "subprocess.Popen[str]", tick: Callable[[], None]) -> None:
        while True:
            try:
                process.wait(timeout=0.1)
                return
            except subprocess.TimeoutExpired:
                pass
            except KeyboardInterrupt:
                self._interrupt(process)
                continue
            try:
                tick()
            except KeyboardInterrupt:
                self._interrupt(process)

    def _interrupt(self, process: "subprocess.Popen[str]") -> None:
        """Passes Ctrl-C on; the third one kills."""
        self.interrupts += 1
        process.send_signal(signal.SIGINT if self.interrupts < 3 else signal.SIGKILL)

    def _read_output(self, stream: IO[str]) -> None:
        with stream:
            self.stdout = stream.read()

    def _read_messages(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                line = line.rstrip()
                if not line or _PROGRESS.match(line):
                    continue
                if line.startswith("warning: "):
                    self.on_warning(line[len("warning: "):])
                else:
                    LOGGER.info(line)
                    self.messages.append(line)

    def error(self) -> ProgramError:
        """The error that the program ended with, in its own words."""
        code = self.exit_code or 0
        return ProgramError(self._sentence(code), code, self.command)

    def _sentence(self, code: int) -> str:
        if code < 0:
            name = signal.Signals(-code).name
            hint = "; too little memory is a frequent cause" if name == "SIGKILL" else ""
            return f"fgl-sim was ended by {name}{hint}"
        own = [index for index, line in enumerate(self.messages) if line.startswith("fgl-sim: ")]
        lines = self.messages[own[-1]:] if own else self.messages
        usage = [line for line in lines if line.startswith("Error: ")]
        text = "\n".join(usage or lines)
        for prefix in ("fgl-sim: ", "Error: "):
            text = text[len(prefix):] if text.startswith(prefix) else text
        return text or f"fgl-sim ended with exit code {code} and said nothing"


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ends a process that nobody waits for any longer."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def call(program: Path, arguments: Sequence[str]) -> Child:
    """Calls the program and waits.

    Raises:
        ProgramError: it ended with an error.
        KeyboardInterrupt: after Ctrl-C, when the program has ended.
    """
    child = Child(program, arguments)
    code = child.run()
    if child.interrupts or code in INTERRUPTED:
        raise KeyboardInterrupt
    if code != 0:
        raise child.error()
    return child
