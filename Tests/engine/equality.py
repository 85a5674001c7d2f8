"""Log hashes and model hashes are equal for threads of one process and for Dask clusters, with and without a shared
folder; FGL_PYTHON chooses the Dask. Takes minutes; `make engine-test` has a small form of it.

    equality.py [words of the names of scenarios]
"""

import os
import sys
import time

import harness
from harness import Cluster, ending, expect, expect_done, fgl_sim, path, query, work, workers_used

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The files of the project, smaller by --set; every method and every kind of work stays.
SCENARIOS = {
    "cookbook": (f"{ROOT}/scenarios/cookbook.yaml", [
        "data.train-per-class=6", "data.test-per-class=2", "data.partition.minimum=2", "training.rounds=2",
        "training.local-epochs=1", "centralized.epochs=1", "synthesis.per-class=4", "synthesis.steps=2",
        "synthesis.epochs=1", "synthesis.rounds=2", "training.batch=8", "synthesis.batch=8"]),
    "crash-test": (f"{ROOT}/Tests/crash-test.yaml", []),
    "descriptions-and-dense": (f"{ROOT}/Tests/engine/descriptions.yaml", []),
}


def make(name, output, *options):
    file, changes = SCENARIOS[name]
    sets = [word for change in changes for word in ("--set", change)]
    outcome = fgl_sim("run", file, "--output", path(output), "--quiet", *sets, *options)
    expect_done(outcome)
    return outcome


def compare(name):
    make(name, f"{name}.sqlite", "--jobs", "1")
    shared = path("shared")
    os.makedirs(shared, exist_ok=True)
    ways = {"jobs 2": ("--jobs", "2")}
    for workers in (1, 2, 4):
        ways[f"dask-local:{workers}"] = ("--engine", f"dask-local:{workers}")
    ways["dask-local:2, shared"] = ("--engine", "dask-local:2", "--engine-shared", shared)
    with Cluster(2) as cluster:
        ways["two workers"] = ("--engine", cluster.address)
        ways["two workers, shared"] = ("--engine", cluster.address, "--engine-shared", shared)
        for number, (way, options) in enumerate(ways.items()):
            output, start = f"{name}-{number}.sqlite", time.monotonic()
            make(name, output, *options)
            expect(ending(output) == ending(f"{name}.sqlite"), name, way, ending(output))
            expect(work(output) == work(f"{name}.sqlite"), name, way, "other work is recorded")
            travelled = query(output, "SELECT count(worker), count(*) FROM work")[0]
            expect("jobs" in way or workers_used(output), name, way, "no work has travelled")
            print(f"equal  {name}: {way} ({time.monotonic() - start:.0f} s; {travelled[0]} of {travelled[1]} pieces "
                  f"by {len(workers_used(output))} workers)", flush=True)
    kinds = [kind for (kind,) in query(f"{name}.sqlite", "SELECT DISTINCT kind FROM work ORDER BY 1")]
    print(f"       {name}: {len(ending(f'{name}.sqlite'))} runs with {', '.join(kinds)}", flush=True)


if __name__ == "__main__":
    try:
        for name in SCENARIOS:
            if not sys.argv[1:] or any(word in name for word in sys.argv[1:]):
                compare(name)
    finally:
        harness.clean()
