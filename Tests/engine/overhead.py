"""What an engine costs: FedAvg with a hundred clients on two Dask workers beside `--jobs 2`, in pairs, one after
the other, in processor seconds of all processes, which other programs of the machine change little; the memory of
the driver; and what a model of 45 MB costs the bridge on its way: the difference of more models and few, since the
bridge's start alone takes half a second. Prints JSON; `scaling.py` plays schedules with it.

    overhead.py [pairs, default 3] [many] [large] [few]     default: all scenarios
"""

import json
import os
import statistics
import subprocess
import sys
import time

import harness
from harness import Cluster, command, environment, expect, family, path, query, write

TICK = os.sysconf("SC_CLK_TCK")
# A hundred clients that each make as many steps as with their 500 photos of CIFAR-10 in FedAvg's five passes, on a fifth
# of the images, so that reading them takes no time.
MANY = """
name: overhead
clients: 100
methods: [fedavg]
data:      { set: shapes, side: 32, train-per-class: 1000, test-per-class: 20, partition: { kind: iid } }
model:     { kind: cnn }
training:  { rounds: 1, local-epochs: 25, batch: 20 }
"""
# A training of one step, so that the bytes are what costs: a ResNet-18 has 45 MB.
LARGE = """
name: large
clients: 24
methods: [fedavg]
data:      { set: shapes, side: 16, train-per-class: 8, test-per-class: 2, partition: { kind: iid } }
model:     { kind: resnet18 }
training:  { rounds: 2, local-epochs: 1, batch: 8 }
"""
FEW = LARGE.replace("clients: 24", "clients: 4")
# Models that come through the bridge; the other round is done by the driver, which has learnt how short the work is.
MODELS = {"large": 24, "few": 4}

WAYS = {"many": ("jobs", "engine"), "large": ("jobs", "engine", "shared"), "few": ("engine", "shared")}


def read(name):
    try:
        with open(name) as file:
            return file.read()
    except OSError:
        return ""


def watched(scenario, output, options, others=()):
    """Wall seconds, processor seconds of the driver and of all, and the driver's memory at most."""
    seconds, memory, start = {}, 0, time.monotonic()
    process = subprocess.Popen(
        command(output, *options, scenario=scenario), env=environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    before = {pid: spent(pid) for pid in family(*others)}
    while process.poll() is None:
        for pid in family(process.pid, *others):
            seconds[pid] = max(seconds.get(pid, 0), spent(pid))
        for line in read(f"/proc/{process.pid}/status").splitlines():
            if line.startswith("VmHWM"):
                memory = max(memory, int(line.split()[1]) / 1024)
        # What watches takes time of the same processors.
        time.sleep(0.5)
    expect(process.returncode == 0, process.stderr.read())
    own = {pid: value - before.get(pid, 0) for pid, value in seconds.items()}
    return {"wall_s": time.monotonic() - start, "all_s": sum(own.values()), "driver_s": own[process.pid],
            "bridge_s": sum(value for pid, value in own.items() if pid in bridges(own)), "driver_MiB": memory}


BRIDGES = set()


def bridges(pids):
    for pid in pids:
        if "The bridge between fgl-sim" in read(f"/proc/{pid}/cmdline"):
            BRIDGES.add(pid)
    return BRIDGES


def spent(pid):
    fields = read(f"/proc/{pid}/stat").rsplit(")", 1)[-1].split()
    if "The bridge between fgl-sim" in read(f"/proc/{pid}/cmdline"):
        BRIDGES.add(pid)
    return (int(fields[11]) + int(fields[12])) / TICK if len(fields) > 12 else 0


def measure(pairs, scenarios):
    write("many.yaml", MANY)
    write("large.yaml", LARGE)
    write("few.yaml", FEW)
    found = {scenario: [] for scenario in scenarios}
    shared = path("shared")
    with Cluster(2) as cluster:
        others = [process.pid for process in cluster.processes]
        for scenario in scenarios:
            ways = WAYS[scenario]
            for number in range(pairs):
                row = {}
                for way in ways:
                    options = {"jobs": ("--jobs", "2"), "engine": ("--engine", cluster.address),
                               "shared": ("--engine", cluster.address, "--engine-shared", shared)}[way]
                    output = f"{scenario}-{way}-{number}.sqlite"
                    row[way] = watched(f"{scenario}.yaml", output, options, () if way == "jobs" else others)
                    row[way]["work_s"], row[way]["pieces"], row[way]["waited_s"] = query(
                        output, "SELECT sum(wall_s), count(worker), avg(waited_s) FROM work")[0]
                found[scenario].append(row)
                print(json.dumps({scenario: row}), flush=True)
    for scenario, rows in found.items():
        for way in rows[0]:
            if way != "jobs" and "jobs" in rows[0]:
                ratio = statistics.median(row[way]["all_s"] / row["jobs"]["all_s"] for row in rows)
                memory = max(row[way]["driver_MiB"] - row["jobs"]["driver_MiB"] for row in rows)
                print(f"{scenario}, {way}: {ratio:.3f} times the processor seconds of --jobs 2; "
                      f"driver {memory:+.0f} MiB", flush=True)
    if MODELS.keys() <= found.keys():
        for way in WAYS["few"]:
            many, few = (statistics.median(row[way]["bridge_s"] for row in found[name]) for name in ("large", "few"))
            each = (many - few) / (MODELS["large"] - MODELS["few"])
            print(f"bridge, {way}: {each:.3f} processor seconds a model of 45 MB", flush=True)


if __name__ == "__main__":
    unknown = [word for word in sys.argv[2:] if word not in WAYS]
    if unknown or not all(word.isdigit() for word in sys.argv[1:2]):
        sys.exit(f"overhead.py [PAIRS] [SCENARIO…]   scenarios: {', '.join(WAYS)}")
    try:
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:] or list(WAYS))
    finally:
        harness.clean()
