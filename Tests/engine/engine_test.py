"""Tests of `--engine` with real Dask processes: the same bits, and what happens when something dies.

`make engine-test` runs it. FGL_SIM names the program, FGL_PYTHON the Python that has Dask.distributed. Words on
the command line choose tests by their names.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(os.environ.get("FGL_SIM", ".build/release/fgl-sim"))
PYTHON = os.environ.get("FGL_PYTHON", sys.executable)
FOLDER = tempfile.mkdtemp(prefix="fgl-sim-engine-")
SCENARIO = """
name: engine
clients: 6
methods: [fedavg, fgl-one-shot]
data:      { set: shapes, classes: [mug, star], side: 16, train-per-class: 90, test-per-class: 20, \
             partition: { kind: iid } }
model:     { kind: cnn }
training:  { rounds: 3, local-epochs: 4, batch: 8 }
synthesis: { foundation: builtin-small, prompts: class, per-class: 20, steps: 2, epochs: 20 }
"""


def environment(**changes):
    own = {"FGL_PYTHON": PYTHON, "FGL_CACHE_LIMIT": "0B", "FGL_SIM": PROGRAM}
    return {**os.environ, **own, **changes}


def path(name):
    return os.path.join(FOLDER, name)


def command(output, *options):
    return [PROGRAM, "run", path("engine.yaml"), "--output", path(output), "--quiet", *options]


def run(output, *options):
    return subprocess.run(
        command(output, *options), env=environment(), capture_output=True, text=True, timeout=500)


def resume(output, *options):
    return subprocess.run(
        [PROGRAM, "resume", path(output), "--quiet", *options], env=environment(), capture_output=True,
        text=True, timeout=500)


def query(output, sql):
    with sqlite3.connect(path(output)) as database:
        return database.execute(sql).fetchall()


def ending(output):
    return query(output, "SELECT method, status, log_sha256, model_sha256 FROM run ORDER BY run_id")


def workers_used(output):
    return {name for (name,) in query(output, "SELECT DISTINCT worker FROM work WHERE worker IS NOT NULL")}


def expect(condition, *what):
    if not condition:
        raise AssertionError(what)


def expect_same(output, outcome=None):
    expect(ending(output) == ending("local.sqlite"), output, outcome and outcome.stderr, ending(output))


class Cluster:
    """A scheduler and workers, as a user starts them."""

    def __init__(self, workers, *options, **variables):
        self.processes = []
        file = path(f"scheduler-{time.monotonic_ns()}.json")
        self.scheduler = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0",
            "--scheduler-file", file)
        while not os.path.exists(file):
            time.sleep(0.1)
        time.sleep(0.2)
        with open(file) as text:
            address = __import__("json").load(text)["address"]
        self.address = address.replace("tcp://", "dask://")
        self.tcp = address
        self.options, self.variables = options, variables
        self.workers = [self.worker() for _ in range(workers)]

    def worker(self):
        return self.start(
            "worker", self.tcp, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory",
            path("scratch"), *self.options)

    def start(self, *arguments):
        process = subprocess.Popen(
            [PYTHON, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]], env=environment(
                **getattr(self, "variables", {})), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()


def started(output, *options):
    return subprocess.Popen(
        command(output, *options), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True)


def wait_for_work(output, count, process):
    """Until so much work of the engine is in the log."""
    for _ in range(2000):
        try:
            if query(output, "SELECT count(*) FROM work WHERE worker IS NOT NULL")[0][0] >= count:
                return
        except sqlite3.Error:
            pass
        if process.poll() is not None:
            raise AssertionError(process.stderr.read())
        time.sleep(0.05)
    raise AssertionError("no work of the engine")


def test_same_bits_on_this_machine():
    for workers in (1, 2, 4):
        outcome = run(f"local-{workers}.sqlite", "--engine", f"dask-local:{workers}")
        expect(outcome.returncode == 0, outcome.stderr)
        expect_same(f"local-{workers}.sqlite")
        expect(workers_used(f"local-{workers}.sqlite"), "no work has travelled")
    rows = query("local-2.sqlite", "SELECT min(attempts) FROM work WHERE worker IS NOT NULL")
    expect(rows == [(1,)], rows)
    expect(query("local-2.sqlite", "SELECT count(*) FROM worker WHERE machine LIKE '%canary%'")[0][0] > 0)


def test_methods_whose_own_work_stays_here():
    """Methods, attacks, rules and the prompt filter have work that workers do not do."""
    variants = {
        "own": "methods: [fedproto, moon, ensemble, scaffold, feddyn]\nensemble: { local-epochs: 1 }\n",
        "rivals": "methods: [oscar, fedcgs, fedpft, private-evolution, co-boosting]\n"
        "private-evolution: { rounds: 2, candidates: 2 }\nco-boosting: { local-epochs: 1, epochs: 1, "
        "generator-steps: 1, batch: 4, generator-width: 4 }\n",
        "attack": "methods: [fedavg]\naggregation: multi-krum\nattack: { kind: backdoor, fraction: 0.5 }\n",
        "filter": "methods: [fgl-one-shot]\nprompt-filter: { rule: agreement, images: 4, epochs: 1 }\n",
    }
    for name, keys in variants.items():
        file = path(f"{name}.yaml")
        with open(file, "w") as scenario:
            scenario.write(SCENARIO.replace("methods: [fedavg, fgl-one-shot]\n", keys))
        for output, options in ((f"{name}-here", ("--jobs", "2")), (f"{name}-dask", ("--engine", "dask-local:2"))):
            outcome = subprocess.run(
                [PROGRAM, "run", file, "--output", path(f"{output}.sqlite"), "--quiet", *options],
                env=environment(), capture_output=True, text=True, timeout=500)
            expect(outcome.returncode == 0, name, outcome.stderr)
        expect(ending(f"{name}-here.sqlite") == ending(f"{name}-dask.sqlite"), name)
        expect(workers_used(f"{name}-dask.sqlite"), name, "no work has travelled")


def test_same_bits_on_a_cluster_with_a_shared_folder():
    shared = path("shared")
    os.makedirs(shared, exist_ok=True)
    with Cluster(2) as cluster:
        for name, options in (("plain", ()), ("shared", ("--engine-shared", shared))):
            outcome = run(f"{name}.sqlite", "--engine", cluster.address, *options)
            expect(outcome.returncode == 0, outcome.stderr)
            expect_same(f"{name}.sqlite")
            expect(workers_used(f"{name}.sqlite"), name)
    expect(os.listdir(shared) == [], os.listdir(shared))


def test_worker_killed():
    with Cluster(2) as cluster:
        process = started("killed.sqlite", "--engine", cluster.address)
        wait_for_work("killed.sqlite", 2, process)
        cluster.workers[0].kill()
        expect(process.wait(300) == 0, process.stderr.read())
    expect_same("killed.sqlite")


def test_all_workers_gone_then_resumed():
    with Cluster(1) as cluster:
        process = started("gone.sqlite", "--engine", cluster.address, "--engine-timeout", "3s")
        wait_for_work("gone.sqlite", 2, process)
        cluster.workers[0].kill()
        code, errors = process.wait(120), process.stderr.read()
        expect(code == 74 and "fgl-sim resume" in errors, code, errors)
        expect("interrupted" in {row[1] for row in ending("gone.sqlite")}, ending("gone.sqlite"))
    outcome = resume("gone.sqlite", "--engine", "dask-local:2")
    expect(outcome.returncode == 0, outcome.stderr)
    expect_same("gone.sqlite", outcome)


def test_scheduler_gone_then_resumed_here():
    with Cluster(1) as cluster:
        process = started("scheduler.sqlite", "--engine", cluster.address, "--engine-timeout", "3s")
        wait_for_work("scheduler.sqlite", 1, process)
        cluster.scheduler.kill()
        code, errors = process.wait(120), process.stderr.read()
        expect(code == 74 and "fgl-sim resume" in errors, code, errors)
    outcome = resume("scheduler.sqlite")
    expect(outcome.returncode == 0, outcome.stderr)
    expect_same("scheduler.sqlite", outcome)


def children(process):
    found = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    return [int(child) for child in found]


def test_bridge_killed_then_resumed():
    process = started("bridge.sqlite", "--engine", "dask-local:1")
    wait_for_work("bridge.sqlite", 1, process)
    for child in children(process):
        os.kill(child, signal.SIGKILL)
    code, errors = process.wait(120), process.stderr.read()
    expect(code == 74 and "bridge" in errors, code, errors)
    outcome = resume("bridge.sqlite")
    expect(outcome.returncode == 0, outcome.stderr)
    expect_same("bridge.sqlite", outcome)


def test_driver_killed_then_resumed_elsewhere():
    with Cluster(1) as cluster:
        process = started("driver.sqlite", "--engine", cluster.address)
        wait_for_work("driver.sqlite", 2, process)
        process.kill()
        process.wait()
    outcome = resume("driver.sqlite", "--engine", "dask-local:2")
    expect(outcome.returncode == 0, outcome.stderr)
    expect_same("driver.sqlite", outcome)


def test_worker_program_stopped_or_damaged_cache():
    """Bytes flipped in a worker's cache, and `fgl-sim worker` killed under its work."""
    with Cluster(1) as cluster:
        process = started("damaged.sqlite", "--engine", cluster.address)
        wait_for_work("damaged.sqlite", 2, process)
        for folder, _, files in os.walk(path("scratch")):
            for file in files:
                if len(file) == 64:
                    with open(os.path.join(folder, file), "r+b") as blob:
                        blob.seek(10)
                        blob.write(b"\xff")
        for child in children(cluster.workers[0]):
            os.kill(child, signal.SIGKILL)
        expect(process.wait(300) == 0, process.stderr.read())
    expect_same("damaged.sqlite")


def test_program_that_always_dies():
    """Work that fails three times ends the run with its name."""
    wrapper = path("dies")
    with open(wrapper, "w") as script:
        script.write(
            f"#!{PYTHON}\n"
            "import subprocess, sys\n"
            f"child = subprocess.Popen([{PROGRAM!r}, *sys.argv[1:]], stdin=subprocess.PIPE)\n"
            "sys.stdin.buffer.read(1)\nchild.kill()\nsys.exit(9)\n")
    os.chmod(wrapper, 0o755)
    with Cluster(1, FGL_SIM=wrapper) as cluster:
        outcome = run("dies.sqlite", "--engine", cluster.address, "--engine-timeout", "20s")
    expect(outcome.returncode == 74 and "failed 3 times" in outcome.stderr, outcome.stderr)
    expect("fgl-sim worker has ended" in outcome.stderr, outcome.stderr)


def test_driver_names_its_program_to_workers():
    with Cluster(1, FGL_SIM="") as cluster:
        outcome = run("named.sqlite", "--engine", cluster.address)
    expect(outcome.returncode == 0, outcome.stderr)
    expect_same("named.sqlite")


def test_worker_with_another_program():
    """A worker of another type gets no work; --engine-mixed takes it."""
    wrapper = path("other")
    with open(wrapper, "w") as script:
        script.write(f"#!/bin/sh\nFGL_ATEN_CPU_CAPABILITY=default exec {PROGRAM} \"$@\"\n")
    os.chmod(wrapper, 0o755)
    with Cluster(1, FGL_SIM=wrapper) as cluster:
        outcome = run("other.sqlite", "--engine", cluster.address, "--engine-timeout", "5s")
        expect(outcome.returncode == 74 and "another type of machine" in outcome.stderr, outcome.stderr)
        outcome = run("mixed.sqlite", "--engine", cluster.address, "--engine-mixed")
        expect(outcome.returncode == 0, outcome.stderr)
        machines = query("mixed.sqlite", "SELECT DISTINCT machine FROM worker")
        expect(len(machines) == 1 and "kernels for default" in machines[0][0], machines)


def test_ports_listen_on_this_machine_alone():
    process = started("ports.sqlite", "--engine", "dask-local:2")
    wait_for_work("ports.sqlite", 1, process)
    family, left = set(), [process.pid]
    while left:
        pid = left.pop()
        family.add(pid)
        left += [int(child) for child in subprocess.run(
            ["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()]
    listening = [line for line in subprocess.run(
        ["ss", "-ltnpH"], capture_output=True, text=True).stdout.splitlines()
        if any(f"pid={pid}," in line for pid in family)]
    expect(listening and all(line.split()[3].startswith("127.0.0.1:") for line in listening), listening)
    expect(process.wait(300) == 0, process.stderr.read())


def test_no_dask_and_no_python():
    for python, word in (("/usr/bin/nothing", "there is no"), (path("python"), "has no Dask.distributed")):
        if word.startswith("has"):
            os.symlink(PYTHON, python)
            with open(path("distributed.py"), "w") as module:
                module.write("raise ImportError('none here')\n")
        outcome = subprocess.run(
            command("none.sqlite", "--engine", "dask-local:1"), capture_output=True, text=True,
            env=dict(environment(), FGL_PYTHON=python, PYTHONPATH=FOLDER), timeout=100)
        expect(outcome.returncode == 74 and word in outcome.stderr, outcome.returncode, outcome.stderr)
        expect(len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr)


def main():
    with open(path("engine.yaml"), "w") as scenario:
        scenario.write(SCENARIO)
    outcome = run("local.sqlite", "--jobs", "2")
    expect(outcome.returncode == 0, outcome.stderr)
    failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or not all(word in name for word in sys.argv[1:]):
            continue
        start = time.monotonic()
        try:
            test()
            print(f"ok     {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED {name}: {type(error).__name__} {error}", flush=True)
    subprocess.run(["rm", "-rf", "--", FOLDER])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
