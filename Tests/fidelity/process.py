"""What the server and the devices of the real federation share: the plan, and their line to the driver.

A process prints a JSON object a line: events with the names that fgl-sim's log has, with seconds of the
machine's monotonic clock, which all namespaces share. It begins at a line on standard input and ends with it.
"""
import dataclasses
import json
import os
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from learning import Hyperparameters

PORT = 5000


@dataclass(frozen=True)
class Plan:
    """What a federation does."""

    seed: int
    side: int
    classes: "list[str]"
    # Images of each class, by client.
    counts: "list[list[int]]"
    rounds: int
    epochs: int
    # Passes over the synthetic images in fgl-one-shot; 0 leaves that method out. How often it is done.
    server_epochs: int
    repeats: int
    settings: Hyperparameters
    # A contact sheet with the clients' images and, in the last `tests` columns, those of the test.
    sheet: str
    tests: int
    # A folder of synthetic images.
    synthetic: str

    def write(self, path: Path) -> None:
        """Writes the plan for `read`."""
        path.write_text(json.dumps(dataclasses.asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """A plan that `write` has written."""
        fields = json.loads(path.read_text())
        fields["settings"] = Hyperparameters(**fields["settings"])
        return cls(**fields)


class Reporter:
    """Prints the events of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def event(self, kind: str, method: str, round: int, client: "int | None" = None,
              at: "float | None" = None, **more: object) -> None:
        """An event, now unless `at` is given."""
        self._print(kind=kind, method=method, round=round, client=client,
                    t=time.monotonic() if at is None else at, **more)

    def wait_for_start(self) -> None:
        """Says that the process is ready and waits for the driver's line; ends with the driver from then."""
        self._print(kind="ready")
        if not sys.stdin.readline():
            os._exit(1)
        threading.Thread(target=self._end_with_driver, daemon=True).start()

    def _end_with_driver(self) -> None:
        sys.stdin.read()
        os._exit(1)

    def _print(self, **fields: object) -> None:
        with self._lock:
            print(json.dumps(fields), flush=True)
