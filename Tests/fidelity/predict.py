"""The federation of federation.py as a timing-only scenario of fgl-sim, and speeds from a real run."""
import dataclasses
import json
import sqlite3
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterable

METHODS = ("fedavg", "fgl-one-shot")
# Bytes a second: 10 and 20 Mbit/s.
CLIENT_UP, CLIENT_DOWN = 1.25e6, 2.5e6
# Images of each class, for each client and for the test; the side of an image; passes of a client in a round.
PER_CLASS_AND_CLIENT, TESTS, SIDE, EPOCHS = 20, 30, 16, 2
STRAGGLER_SLOWDOWN = 5
# How often the real federation does the one-shot method, whose only round has only one training.
REPEATS = 3


@dataclass(frozen=True)
class Interval:
    """An activity between its `-start` and its `-end` event; bytes of transfers, operations of work."""

    kind: str
    round: int
    client: "int | None"
    start: float
    end: float
    bytes: int = 0
    # Seconds of CPU time, measured, where it is work of a device.
    cpu: float = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


def intervals(events: "Iterable[dict[str, Any]]") -> "list[Interval]":
    """The activities of one method. A round without an end ends with its last activity."""
    starts: "dict[tuple[str, int, int | None], float]" = {}
    found = []
    for event in sorted(events, key=lambda event: event["t"]):
        name, _, edge = event["kind"].rpartition("-")
        key = (name, event["round"], event["client"])
        if edge == "start":
            starts[key] = event["t"]
        elif edge == "end":
            found.append(Interval(*key, starts.pop(key), event["t"], event.get("bytes") or 0,
                                  event.get("cpu", 0)))
    for (name, round, client), start in starts.items():
        if name != "round":
            raise ValueError(f"{name} of client {client} in round {round} has no end")
        last = max(each.end for each in found if each.round == round)
        found.append(Interval(name, round, client, start, last))
    return found


@dataclass(frozen=True)
class Speeds:
    """FLOP/s of a device, and of the server when it averages and when it trains."""

    device: float = 1e9
    averaging: float = 1e10
    training: float = 1e10
    # FLOP for each second of CPU time of a device: the speed of its core.
    core: float = 1e10


@dataclass(frozen=True)
class Case:
    """A federation: how many clients, and whether one of them is slow."""

    clients: int
    has_straggler: bool
    rounds: int
    server_epochs: int
    # Bytes a second, up and down.
    server_rate: float

    def scenario(self, method: str, speeds: Speeds, synthetic: str) -> "dict[str, Any]":
        """It as fgl-sim reads it. Synthetic images come from a folder, as in the real one."""
        server = speeds.averaging if method == "fedavg" else speeds.training
        fraction = 1 / self.clients if self.has_straggler else 0
        return {
            "name": "federation", "seed": 1, "clients": self.clients, "methods": [method],
            "training": {"mode": "none", "rounds": self.rounds, "local-epochs": EPOCHS, "batch": 16,
                         "averaging": "samples"},
            "data": {"set": "shapes", "side": SIDE, "test-per-class": TESTS, "augmentation": "none",
                     "train-per-class": PER_CLASS_AND_CLIENT * self.clients,
                     "partition": {"kind": "dirichlet", "beta": 1}},
            "model": {"kind": "cnn"},
            "synthesis": {"set": synthetic, "per-class": 100, "epochs": max(1, self.server_epochs),
                          "batch": 16, "foundation": "builtin-small", "steps": 1},
            "network": {
                "transport": "tcp",
                "server": {"uplink": f"{self.server_rate:.0f}B/s",
                           "downlink": f"{self.server_rate:.0f}B/s"},
                "client": {"uplink": f"{CLIENT_UP:.0f}B/s", "downlink": f"{CLIENT_DOWN:.0f}B/s",
                           "latency": "0s"}},
            "devices": {"client": f"{speeds.device:.0f}FLOPS", "server": f"{server:.0f}FLOPS",
                        "stragglers": {"fraction": fraction, "slowdown": STRAGGLER_SLOWDOWN}}}


@dataclass(frozen=True)
class Prediction:
    """What fgl-sim's log says of a method."""

    intervals: "list[Interval]"
    # Images of each class, by client.
    counts: "list[list[int]]"
    classes: "list[str]"
    # How many times longer each client computes.
    slowdowns: "list[float]"
    # Operations of work, by kind, round and client.
    operations: "dict[tuple[str, int, int | None], float]"


def write_scenario(path: Path, scenario: "dict[str, Any]") -> None:
    """Writes YAML's flow style without quotation marks, as no value needs them."""
    path.write_text(json.dumps(scenario, indent=1).replace('"', ""))


def draw_images(program: str, folder: Path, case: Case) -> None:
    """Makes set/, the synthetic images, and sheet.png with images enough for the clients of `case`."""
    scenario = case.scenario("fgl-one-shot", Speeds(), "set")
    scenario["training"]["mode"] = "real"
    del scenario["synthesis"]["set"]
    write_scenario(folder / "synthesis.yaml", scenario)
    call(program, "synthesize", "--scenario", str(folder / "synthesis.yaml"), "--output", str(folder / "set"))
    count = PER_CLASS_AND_CLIENT * case.clients + TESTS
    call(program, "world", "--classes", "basics", "--style", "real", "--side", f"{SIDE}", "--scale", "1",
         "--count", f"{count}", "--output", str(folder / "sheet.png"))


def predict(program: str, folder: Path, case: Case, speeds: Speeds) -> "dict[str, Prediction]":
    """Plays a case in fgl-sim, by method; the one-shot method's round once for each of its repeats."""
    played = {method: _play(program, folder, case, method, speeds) for method in METHODS}
    return {method: prediction if method == "fedavg" else _repeated(prediction)
            for method, prediction in played.items()}


def _repeated(once: Prediction) -> Prediction:
    """The same round several times, one after the other."""
    length = max(each.end for each in once.intervals)
    activities = [dataclasses.replace(each, round=repeat, start=each.start + (repeat - 1) * length,
                                      end=each.end + (repeat - 1) * length)
                  for repeat in range(1, REPEATS + 1) for each in once.intervals]
    operations = {(kind, repeat, client): count for repeat in range(1, REPEATS + 1)
                  for (kind, _, client), count in once.operations.items()}
    return dataclasses.replace(once, intervals=activities, operations=operations)


def _play(program: str, folder: Path, case: Case, method: str, speeds: Speeds) -> Prediction:
    log = folder / "log.sqlite"
    write_scenario(folder / "scenario.yaml", case.scenario(method, speeds, str(folder / "set")))
    call(program, "run", str(folder / "scenario.yaml"), "--output", str(log), "--quiet")
    database = sqlite3.connect(log)
    try:
        names = ("t", "kind", "round", "client", "bytes")
        rows = database.execute("SELECT t, kind, round, client_id, bytes FROM event WHERE round IS NOT NULL")
        events = [dict(zip(names, row)) for row in rows]
        classes = dict(database.execute("SELECT DISTINCT label, class FROM label_count"))
        counts = [[0] * len(classes) for _ in range(case.clients)]
        for client, label, samples in database.execute("SELECT client_id, label, samples FROM label_count"):
            counts[client][label] = samples
        slowdowns = [row[0] for row in database.execute("SELECT slowdown FROM client ORDER BY client_id")]
        work = database.execute("SELECT kind, round, client_id, flops FROM work WHERE round IS NOT NULL")
        operations = {(kind, round, client): flops for kind, round, client, flops in work}
    finally:
        database.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{log}{suffix}").unlink(missing_ok=True)
    # Describing and reading the set take no time in either.
    kinds = ("round", "download", "upload", "train", "average")
    kept = (event for event in events if event["kind"].rpartition("-")[0] in kinds)
    return Prediction(intervals(kept), counts, [classes[label] for label in sorted(classes)], slowdowns,
                      operations)


def calibrate(measured: "dict[str, list[Interval]]", predicted: "dict[str, Prediction]") -> Speeds:
    """Speeds from a real run, without a straggler: medians over its work."""
    def speed(method: str, kind: str) -> float:
        operations = predicted[method].operations
        return statistics.median(operations[each.kind, each.round, each.client] / each.seconds
                                 for each in measured[method] if each.kind == kind)

    return Speeds(speed("fedavg", "train"), speed("fedavg", "average"), speed("fgl-one-shot", "train"),
                  statistics.median(core_speeds(measured, predicted)))


def core_speeds(measured: "dict[str, list[Interval]]", predicted: "dict[str, Prediction]") -> "list[float]":
    """FLOP for each second of CPU time, of each training of a device."""
    operations = predicted["fedavg"].operations
    return [operations[each.kind, each.round, each.client] / each.cpu
            for each in measured["fedavg"] if each.kind == "train"]


def call(program: str, *arguments: str) -> None:
    """Runs fgl-sim; what it says on an error is the error."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"fgl-sim {arguments[0]}: {done.stderr.strip()}")
