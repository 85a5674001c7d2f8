"""The progress of a run: a bar in a terminal or notebook, from what the results file says."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any, List, NamedTuple, Optional

_WIDTH = 24


class _State(NamedTuple):
    """How far an experiment is."""

    total: int
    ended: int
    share: float
    running: List[str]


class Bar:
    """A line that is redrawn: runs that have ended, and what the others are doing.

    It reads the results file, which may be read while a run goes on, and never the program's messages.

    Args:
        path: the results file.
        shown: whether to show it; ``None``: in terminals and notebooks.
        is_resumed: whether the runs are those of the file's last experiment, and not of a new one.
    """

    def __init__(self, path: Path, shown: Optional[bool] = None, is_resumed: bool = False) -> None:
        self._path = path
        self._notebook = _notebook_display() if shown is not False else None
        self._is_terminal = sys.stderr is not None and sys.stderr.isatty()
        self.is_shown = (self._notebook is not None or self._is_terminal) if shown is None else shown
        self._start = time.monotonic()
        self._last = self._start
        self._drawn = ""
        self._handle: Any = None
        self._earlier = self._latest_experiment() - (1 if is_resumed else 0)

    def tick(self) -> None:
        """Redraws the line if it is time."""
        pause = 0.5 if self._notebook or self._is_terminal else 10
        if not self.is_shown or time.monotonic() - self._last < pause:
            return
        self._last = time.monotonic()
        self._draw(self._text())

    def say(self, text: str) -> None:
        """Prints a line above the bar."""
        self.clear()
        print(text, file=sys.stderr)

    def clear(self) -> None:
        """Makes room for a line above the bar."""
        if self.is_shown and self._is_terminal and not self._notebook and self._drawn:
            sys.stderr.write("\r\x1b[K")

    def summary(self) -> str:
        """The runs that have ended, such as ``quickstart: 4 runs``."""
        state = self._state() if self.is_shown else None
        if state is None:
            return f"{self._path.stem}: no run was left to make"
        return f"{self._path.stem}: {state.ended} run{'' if state.ended == 1 else 's'}"

    def close(self, text: str) -> None:
        """Draws the last line, which stays."""
        if not self.is_shown:
            return
        self._draw(f"{text} in {_clock(time.monotonic() - self._start)}")
        if self._is_terminal and not self._notebook:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def _draw(self, text: str) -> None:
        if text == self._drawn:
            return
        self._drawn = text
        if self._notebook is not None:
            bundle = {"text/plain": text}
            if self._handle is None:
                self._handle = self._notebook(bundle, raw=True, display_id=True)
            else:
                self._handle.update(bundle, raw=True)
        elif self._is_terminal:
            columns = shutil.get_terminal_size().columns
            sys.stderr.write("\r" + text[: columns - 1] + "\x1b[K")
            sys.stderr.flush()
        else:
            print(text, file=sys.stderr, flush=True)

    def _text(self) -> str:
        state = self._state()
        clock = _clock(time.monotonic() - self._start)
        if state is None:
            return f"{self._path.stem}  {clock}  starting"
        filled = int(_WIDTH * state.share)
        text = f"{self._path.stem}  [{'#' * filled}{'.' * (_WIDTH - filled)}] {state.ended}/{state.total} runs  {clock}"
        shown = ", ".join(state.running[:2])
        more = f" and {len(state.running) - 2} more" if len(state.running) > 2 else ""
        return f"{text}  {shown}{more}".rstrip()

    def _latest_experiment(self) -> int:
        try:
            with _Reading(self._path) as database:
                return int(database.execute("SELECT coalesce(max(experiment_id), 0) FROM experiment").fetchone()[0])
        except sqlite3.Error:
            return 0

    def _state(self) -> Optional[_State]:
        """What the file says; ``None`` where there is nothing yet."""
        try:
            with _Reading(self._path) as database:
                return _state(database, self._earlier)
        except sqlite3.Error:
            return None


class _Reading:
    """A connection that reads, waits for nobody and is closed at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> sqlite3.Connection:
        self._database = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True, timeout=0)
        return self._database

    def __exit__(self, *_: object) -> None:
        self._database.close()


def _state(database: sqlite3.Connection, earlier: int) -> Optional[_State]:
    """The runs of experiments that began after one."""
    rows = database.execute(
        """
        SELECT run.run_id, planned_run.method, planned_run.seed, coalesce(run.status, 'planned'),
            (SELECT value FROM setting WHERE settings_sha256 = run_identity.settings_sha256
                AND key = 'training.rounds')
        FROM planned_run LEFT JOIN run USING (run_id) LEFT JOIN run_identity USING (run_id)
        WHERE experiment_id > ?
        """, (earlier,)).fetchall()
    if not rows:
        return None
    share = 0.0
    ended, running = 0, []
    for run_id, method, seed, status, rounds in rows:
        if status in ("finished", "diverged", "failed"):
            ended += 1
            share += 1
        elif status == "running":
            activity, done = _activity(database, run_id, rounds)
            share += done
            running.append(f"{method} seed {seed & (2**64 - 1)}: {activity}")
    return _State(len(rows), ended, share / len(rows), running)


def _activity(database: sqlite3.Connection, run_id: int, rounds: Optional[str]) -> "tuple[str, float]":
    """What a run is doing, and the share of its rounds that are over."""
    last = database.execute(
        "SELECT kind, round FROM event WHERE run_id = ? ORDER BY seq DESC LIMIT 1", (run_id,)).fetchone()
    if last is None:
        return "starting", 0
    kind, number = last
    accuracy = database.execute(
        """
        SELECT value FROM metric
        WHERE run_id = ? AND client_id IS NULL AND split = 'test' AND name = 'accuracy'
        ORDER BY rowid DESC LIMIT 1
        """, (run_id,)).fetchone()
    reached = f", {accuracy[0]:.1%}" if accuracy and accuracy[0] is not None else ""
    if number is None:
        return f"{kind.rsplit('-', 1)[0]}{reached}", 0
    total = int(rounds) if rounds and rounds.isdigit() else 0
    share = min(1.0, max(0, number - 1) / total) if total else 0
    return f"round {number}{reached}", share


def _clock(seconds: float) -> str:
    whole = int(seconds)
    text = f"{whole // 60 % 60}:{whole % 60:02d}"
    return f"{whole // 3600}:{text.zfill(5)}" if whole >= 3600 else text


def _notebook_display() -> Any:
    """``IPython.display.display`` in a notebook, otherwise ``None``."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display
