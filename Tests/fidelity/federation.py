"""A real federation beside fgl-sim's: a server and K clients that train with PyTorch and send over TCP.

Each process has a network namespace of its own, on a star of rate-limited cables (links.py), and a CPU quota
(quotas.py), which makes it a device of a fixed speed. The quotas of all devices together need less than the
core that is theirs; a filler at idle priority takes the rest, so that a device finds the core in the same
state whether two or ten share it. fgl-sim plays the same scenario, with speeds calibrated on the first
federation: the fewest clients and no straggler. Prints predicted beside measured: each transfer, each round,
the table of docs/fidelity.md. Needs root, iproute2, namespaces, cgroups and PyTorch; where they are missing
it says so and ends with 0. Ends with 1 where bytes differ, or where rounds of an undisturbed federation take
more than a tenth longer or shorter than predicted.

Usage: federation.py FGL_SIM [--clients 2,5,10] [--rounds 3] [--server-rate 100] [--busy]
"""
import argparse
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import links
from links import SERVER, Star, client_address
from predict import (CLIENT_DOWN, CLIENT_UP, EPOCHS, METHODS, REPEATS, SIDE, TESTS, Case, Interval, Prediction,
                     Speeds, calibrate, draw_images, intervals, predict)
from quotas import Load, Quotas, cpu_seconds, ended_seconds
from tables import TABLE_HEAD, print_details, table_rows

HERE = Path(__file__).parent
# Cores. Ten devices need 0.8 of their core.
DEVICE_SHARE, SERVER_SHARE = 0.08, 0.5
# A federation counts as undisturbed with less than this beside it: cores of other work, stolen cores, and
# the part of its quota that a device has got while it trained.
MOST_OTHER, MOST_STOLEN, LEAST_QUOTA = 0.15, 0.01, 0.95


@dataclass(frozen=True)
class Measurement:
    """What a real federation did."""

    intervals: "dict[str, list[Interval]]"
    accuracy: "dict[str, float]"
    # Cores of other work and of other machines; the least part of its quota that a device has got.
    other: float
    stolen: float
    quota: float

    @property
    def disturbance(self) -> "str | None":
        """Why its times say nothing; None where they do."""
        if self.other > MOST_OTHER:
            return f"other work took {self.other:.2f} cores"
        if self.stolen > MOST_STOLEN:
            return f"other virtual machines took {self.stolen:.2f} cores"
        if self.quota < LEAST_QUOTA:
            return f"a device got {100 * self.quota:.0f} % of its quota"
        return None


class Process:
    """The server or a device: started, and read line by line."""

    def __init__(self, star: Star, host: str, script: str, *arguments: str) -> None:
        self.lines: "list[dict[str, Any]]" = []
        self.host, self.ready = host, threading.Event()
        self.child = subprocess.Popen(
            star.command(host, sys.executable, str(HERE / script), *arguments), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.child.stdout
        for line in self.child.stdout:
            self.lines.append(json.loads(line))
            self.ready.set()
        self.ready.set()

    def start(self) -> None:
        """Lets a process begin that is ready."""
        assert self.child.stdin
        self.child.stdin.write("start\n")
        self.child.stdin.flush()

    def wait_until_ready(self) -> None:
        """Raises RuntimeError where it ends before; it has said why on standard error."""
        self.ready.wait()
        if not self.lines:
            raise RuntimeError(f"the process of {self.host} ended before it was ready")

    def has_ended(self) -> bool:
        """Raises RuntimeError where it failed."""
        if self.child.poll():
            raise RuntimeError(f"the process of {self.host} ended with {self.child.returncode}")
        return self.child.returncode == 0


def measure(case: Case, prediction: Prediction, plan_path: Path) -> Measurement:
    """Makes a federation and lets it train. Nothing of it is left afterwards, whatever happens."""
    processes: "list[Process]" = []
    with Quotas(f"{links.PREFIX}-federation") as quotas, Star() as star:
        star.host("s", SERVER, case.server_rate, case.server_rate)
        for client in range(case.clients):
            star.host(f"c{client}", client_address(client), CLIENT_UP, CLIENT_DOWN)
        # Packets are the server's core's business, as they would be those of a device's network card.
        star.steer(min(os.sched_getaffinity(0)))
        try:
            processes.append(Process(star, "s", "server.py", str(plan_path)))
            for client in range(case.clients):
                processes.append(Process(star, f"c{client}", "device.py", str(plan_path), str(client)))
            for process in processes:
                process.wait_until_ready()
            quotas.limit(processes[0].child.pid, "server", SERVER_SHARE)
            for process, slowdown in zip(processes[1:], prediction.slowdowns):
                quotas.limit(process.child.pid, process.host, DEVICE_SHARE, slowdown)
            filler = Process(star, "s", "filler.py")
            processes.append(filler)
            filler.wait_until_ready()
            quotas.let_idle(filler.child.pid)
            # The end of a process counts, too: taking PyTorch down costs ten devices seconds.
            load, own = Load(), -ended_seconds()
            own -= sum(cpu_seconds(process.child.pid) for process in processes)
            for process in processes:
                process.start()
            while not all([process.has_ended() for process in processes[:-1]]):
                time.sleep(0.05)
            own += ended_seconds() + cpu_seconds(filler.child.pid)
            other, stolen = load.since(own)
        finally:
            # Devices first, so that none complains of a server that is gone.
            for process in reversed(processes):
                process.child.kill()
            for process in processes:
                process.child.wait()
                process.reader.join()
        lines = [line for process in processes for line in process.lines]
    found = {method: intervals(line for line in lines if line.get("method") == method) for method in METHODS}
    quota = min(each.cpu * prediction.slowdowns[each.client] / (each.seconds * DEVICE_SHARE)
                for each in found["fedavg"] if each.kind == "train" and each.client is not None)
    accuracy = {line["method"]: line["value"] for line in lines if line["kind"] == "accuracy"}
    return Measurement(found, accuracy, other, stolen, quota)


def missing() -> "str | None":
    """Why there can be no real federation here; None where there can."""
    reason = links.missing() or Quotas.missing()
    lacking = [name for name in ("torch", "numpy", "PIL") if importlib.util.find_spec(name) is None]
    if reason is None and lacking:
        reason = f"{sys.executable} has no module {lacking[0]}"
    return reason


def compare(program: str, cases: "list[Case]", folder: Path, shows_busy: bool) -> bool:
    """Plays and predicts all cases and prints. False where a row is wrong."""
    # These import PyTorch.
    from learning import Hyperparameters
    from process import Plan

    speeds, calibration, rows = None, None, []
    draw_images(program, folder, max(cases, key=lambda case: case.clients))
    for case in cases:
        prediction = predict(program, folder, case, speeds or Speeds())
        shape = prediction["fedavg"]
        plan = Plan(
            seed=1, side=SIDE, classes=shape.classes, counts=shape.counts, rounds=case.rounds, epochs=EPOCHS,
            server_epochs=case.server_epochs, repeats=REPEATS, sheet=str(folder / "sheet.png"), tests=TESTS,
            settings=Hyperparameters(batch=16, learning_rate=0.03, momentum=0.9, weight_decay=1e-4),
            synthetic=str(folder / "set"))
        plan.write(folder / "plan.json")
        measured = measure(case, shape, folder / "plan.json")
        if speeds is None:
            speeds = calibrate(measured.intervals, prediction)
            if measured.disturbance:
                calibration = f"in the calibration, {measured.disturbance}"
            prediction = predict(program, folder, case, speeds)
            print(f"calibrated with {case.clients} clients: a device {speeds.device / 1e9:.3f} GFLOP/s, the"
                  f" server {speeds.averaging / 1e9:.3f} averaging and {speeds.training / 1e9:.3f} training")
        print_details(case, measured, prediction, speeds)
        rows += table_rows(case, measured, prediction, measured.disturbance or calibration, shows_busy)
    print("\n" + TABLE_HEAD)
    for row in rows:
        print(row.text)
    return all(row.is_right for row in rows)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--clients", default="2,5,10")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server-rate", type=float, default=100, help="of the server's links, in Mbit/s")
    parser.add_argument("--busy", action="store_true", help="times also of disturbed federations")
    options = parser.parse_args()
    reason = missing()
    if reason:
        print(f"skipped: no real federation here: {reason}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sizes, rate = sorted(int(size) for size in options.clients.split(",")), options.server_rate * 1e6 / 8
    cases = [Case(size, False, options.rounds, 2, rate) for size in sizes]
    cases += [Case(size, True, options.rounds, 0, rate) for size in sizes[1:]]
    with tempfile.TemporaryDirectory() as folder:
        return 0 if compare(options.program, cases, Path(folder), options.busy) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except RuntimeError as error:
        sys.exit(f"federation.py: {error}")
