"""Shared by the tests of `--engine`: a tiny experiment, clusters of real Dask processes, and a run's hashes and work.

FGL_SIM names the program, FGL_PYTHON the Python that has Dask.distributed.
"""

import contextlib
import json
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


def write(name, text, executable=False):
    with open(path(name), "w") as file:
        file.write(text)
    if executable:
        os.chmod(path(name), 0o755)
    return path(name)


def command(output, *options, scenario="engine.yaml"):
    return [PROGRAM, "run", path(scenario), "--output", path(output), "--quiet", *options]


def fgl_sim(*arguments, prefix=()):
    return subprocess.run(
        [*prefix, PROGRAM, *arguments], env=environment(), capture_output=True, text=True, timeout=500)


def run(output, *options, scenario="engine.yaml", prefix=()):
    return fgl_sim(*command(output, *options, scenario=scenario)[1:], prefix=prefix)


def resume(output, *options):
    return fgl_sim("resume", path(output), "--quiet", *options)


def started(output, *options, scenario="engine.yaml"):
    return subprocess.Popen(
        command(output, *options, scenario=scenario), env=environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)


def query(output, sql):
    with sqlite3.connect(path(output)) as database:
        return database.execute(sql).fetchall()


def ending(output):
    return query(output, "SELECT method, status, log_sha256, model_sha256 FROM run ORDER BY run_id")


def work(output):
    """All work as it is recorded: nothing twice, nothing missing."""
    return query(output, """
        SELECT method, kind, round, client_id, key, output_sha256, count(*) FROM work JOIN run USING (run_id)
        GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6""")


def workers_used(output):
    return {name for (name,) in query(output, "SELECT DISTINCT worker FROM work WHERE worker IS NOT NULL")}


def expect(condition, *what):
    if not condition:
        raise AssertionError(what)


def expect_same(output, outcome=None, reference="local.sqlite"):
    expect(ending(output) == ending(reference), output, outcome and outcome.stderr, ending(output))
    expect(work(output) == work(reference), output, "other work is recorded")


def expect_done(outcome):
    expect(outcome.returncode == 0, outcome.returncode, outcome.stderr)


# As docs/cluster.md says.
PROFILE = {"DASK_DISTRIBUTED__WORKER__PROFILE__INTERVAL": "1s"}


class Cluster:
    """A scheduler and workers, as a user starts them."""

    def __init__(self, workers, *options, prefix=(), host="127.0.0.1", scheme="tcp", security=(), **variables):
        self.processes = []
        self.options, self.variables, self.prefix, self.security = options, variables, prefix, security
        file = path(f"scheduler-{time.monotonic_ns()}.json")
        self.scheduler = self.start(
            "scheduler", "--host", f"{scheme}://{host}", "--port", "0", "--dashboard-address", "127.0.0.1:0",
            "--scheduler-file", file, *security)
        self.tcp = wait_for(lambda: address_in(file), "no scheduler")
        self.address = self.tcp.replace("tcp://", "dask://")
        self.scratch = path(f"scratch-{time.monotonic_ns()}")
        os.makedirs(self.scratch)
        self.workers = [self.worker() for _ in range(workers)]

    def worker(self, *options, prefix=(), **variables):
        """One more worker."""
        return self.start(
            "worker", self.tcp, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory",
            self.scratch, *self.security, *self.options, *options, prefix=prefix, **variables)

    def start(self, *arguments, prefix=(), **variables):
        process = subprocess.Popen(
            [*prefix, PYTHON, "-m", "distributed.cli.dask_" + arguments[0], *arguments[1:]],
            env=environment(**{**PROFILE, **self.variables, **variables}), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            # One that is stopped goes on, so that what it has started sees its end.
            process.kill()
            process.wait()


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextlib.contextmanager
def hosts(count):
    """So many network namespaces behind a bridge, 10.213.0.2 and up; the bridge's address and their names. `eth0` in
    each is NAME0 outside."""
    tag = f"fgl{os.getpid() % 10_000}"
    names = [f"{tag}{'abcdefgh'[number]}" for number in range(count)]
    try:
        ip("link", "add", tag, "type", "bridge")
        ip("address", "add", "10.213.0.1/24", "dev", tag)
        ip("link", "set", tag, "up")
        for number, host in enumerate(names):
            ip("netns", "add", host)
            ip("link", "add", f"{host}0", "type", "veth", "peer", "name", "eth0", "netns", host)
            ip("link", "set", f"{host}0", "master", tag, "up")
            ip("-n", host, "address", "add", f"10.213.0.{number + 2}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", host, "link", "set", device, "up")
        yield "10.213.0.1", names
    finally:
        for host in names:
            subprocess.run(["ip", "netns", "del", host], capture_output=True)
        subprocess.run(["ip", "link", "del", tag], capture_output=True)


def address_in(file):
    try:
        with open(file) as text:
            return json.load(text)["address"]
    except (OSError, ValueError):
        return None


def wait_for(condition, what, seconds=120):
    """The first value of a condition that counts as true."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(what)


def wait_for_work(output, count, process):
    """Until so much work of the engine is in the log, or the run has ended."""
    def is_there():
        if process.poll() is not None:
            raise AssertionError(("it ended early", process.returncode, process.stderr.read()))
        try:
            return query(output, "SELECT count(*) FROM work WHERE worker IS NOT NULL")[0][0] >= count
        except sqlite3.Error:
            return False
    wait_for(is_there, "no work of the engine")


def children(process):
    pid = process if isinstance(process, int) else process.pid
    return [child for child, parent in parents().items() if parent == pid]


def parents():
    """The parent of every process, from /proc: a program asked for it would take time that is measured here."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as status:
            found[int(name)] = int(status.read().rsplit(")", 1)[1].split()[1])
    return found


def family(*roots):
    """These processes and all that they have started."""
    known, found, before = parents(), set(roots), 0
    while len(found) > before:
        before = len(found)
        found.update(child for child, parent in known.items() if parent in found)
    return found


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def expect_ended(pids):
    wait_for(lambda: not any(map(is_running, pids)), "processes are left", 60)


def main(tests, words=()):
    """Runs the functions whose names have all words; ends with 1 where one fails."""
    write("engine.yaml", SCENARIO)
    expect_done(run("local.sqlite", "--jobs", "2"))
    failed = []
    for name, test in tests:
        if not all(word in name for word in words):
            continue
        start = time.monotonic()
        try:
            test()
            print(f"ok     {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as error:
            failed.append(name)
            print(f"FAILED {name}: {type(error).__name__} {error}", flush=True)
    clean()
    sys.exit(1 if failed else 0)


def clean():
    subprocess.run(["rm", "-rf", "--", FOLDER])
