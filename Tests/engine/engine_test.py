"""Tests of `--engine` with real Dask processes: the same bits, for each command, in each way to reach Dask.

`make engine-test` runs this and faults.py. FGL_SIM names the program, FGL_PYTHON the Python that has
Dask.distributed. Words on the command line choose tests by their names.
"""

import asyncio
import importlib.util
import os
import signal
import subprocess
import sys
import time

import harness
from harness import (
    FOLDER, PROGRAM, PYTHON, Cluster, command, ending, environment, expect, expect_done, expect_same, family,
    fgl_sim, hosts, ip, path, query, resume, run, started, wait_for_work, workers_used, write)


def test_same_bits_on_this_machine():
    expect_done(run("two.sqlite", "--engine", "dask-local:2"))
    expect_same("two.sqlite")
    expect(workers_used("two.sqlite"), "no work has travelled")
    rows = query("two.sqlite", "SELECT min(attempts) FROM work WHERE worker IS NOT NULL")
    expect(rows == [(1,)], rows)
    expect(query("two.sqlite", "SELECT count(*) FROM worker WHERE machine LIKE '%canary%'")[0][0] > 0)


def test_same_bits_on_a_cluster_with_a_shared_folder():
    shared = path("shared")
    os.makedirs(shared, exist_ok=True)
    with Cluster(2) as cluster:
        for name, options in (("plain", ()), ("shared", ("--engine-shared", shared))):
            outcome = run(f"{name}.sqlite", "--engine", cluster.address, *options)
            expect_done(outcome)
            expect_same(f"{name}.sqlite", outcome)
            expect(workers_used(f"{name}.sqlite"), name)
    expect(os.listdir(shared) == [], os.listdir(shared))


def test_methods_whose_own_work_stays_here():
    """Methods, attacks, rules and the prompt filter have work that workers do not do."""
    variants = {
        "own": "methods: [fedproto, moon, ensemble, scaffold, feddyn]\nensemble: { local-epochs: 1 }\n",
        "rivals": "methods: [oscar, fedcgs, fedpft, private-evolution, co-boosting]\n"
        "private-evolution: { rounds: 2, candidates: 2 }\nco-boosting: { local-epochs: 1, epochs: 1, "
        "generator-steps: 1, batch: 4, generator-width: 4 }\n",
        "taught": "methods: [fgl-lora, feddeo, fedbip]\nfgl-lora: { steps: 1, batch: 2, rank: 1 }\n"
        "feddeo: { steps: 1, batch: 2 }\nfedbip: { steps: 1, batch: 2 }\n",
        "attack": "methods: [fedavg]\naggregation: multi-krum\nattack: { kind: backdoor, fraction: 0.5 }\n",
        "filter": "methods: [fgl-one-shot]\nprompt-filter: { rule: agreement, images: 4, epochs: 1 }\n",
    }
    for name, keys in variants.items():
        text = harness.SCENARIO.replace("methods: [fedavg, fgl-one-shot]\n", keys).replace("rounds: 3", "rounds: 2")
        write(f"{name}.yaml", text)
        expect_done(run(f"{name}-here.sqlite", "--jobs", "2", scenario=f"{name}.yaml"))
        expect_done(run(f"{name}-dask.sqlite", "--engine", "dask-local:2", scenario=f"{name}.yaml"))
        expect_same(f"{name}-dask.sqlite", None, f"{name}-here.sqlite")
        expect(workers_used(f"{name}-dask.sqlite"), name, "no work has travelled")


def test_each_command():
    """`resume` and `replay --set --train-missing` on a cluster, and without it."""
    with Cluster(2) as cluster:
        engine = ("--engine", cluster.address)
        process = started("resumed.sqlite", *engine)
        wait_for_work("resumed.sqlite", 3, process)
        process.kill()
        process.wait()
        expect_done(resume("resumed.sqlite", *engine))
        expect_same("resumed.sqlite")

        # Fewer clients in a round train from other models: that work is not there.
        change = ("--set", "training.rounds=4", "--train-missing")
        for name, options in (("replayed-here", ("--jobs", "2")), ("replayed", engine)):
            subprocess.run(["cp", path("local.sqlite"), path(f"{name}.sqlite")], check=True)
            expect_done(fgl_sim("replay", path(f"{name}.sqlite"), "--run", "1", *change, *options))
        expect_same("replayed.sqlite", None, "replayed-here.sqlite")
        expect(workers_used("replayed.sqlite"), "no work has travelled")


def test_synthesize():
    """`synthesize --scenario` draws the same set on a cluster, of which this process keeps nothing on disk."""
    for name, options in (("here", ("--jobs", "2")), ("there", ("--engine", "dask-local:2"))):
        expect_done(fgl_sim(
            "synthesize", "--scenario", path("engine.yaml"), "--output", path(name), "--no-cache", *options))
    outcome = subprocess.run(["diff", "-r", path("here"), path("there")], capture_output=True, text=True)
    expect(outcome.returncode == 0, outcome.stdout)


def certificate(name, *signer):
    """A key and a certificate; signed by itself or by another one."""
    subprocess.run(
        ["openssl", "req", "-x509" if not signer else "-new", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         f"/CN={name}", "-keyout", path(f"{name}.key"), "-out", path(f"{name}.pem" if not signer else f"{name}.csr")],
        check=True, capture_output=True)
    if signer:
        subprocess.run(
            ["openssl", "x509", "-req", "-days", "1", "-in", path(f"{name}.csr"), "-CA", path(f"{signer[0]}.pem"),
             "-CAkey", path(f"{signer[0]}.key"), "-CAcreateserial", "-out", path(f"{name}.pem")],
            check=True, capture_output=True)


def test_encrypted():
    """A cluster with certificates; who has none of this authority gets no answer, nor who comes without."""
    certificate("authority")
    certificate("node", "authority")
    certificate("stranger")
    own = tuple(path(name) for name in ("authority.pem", "node.pem", "node.key"))
    security = ("--tls-ca-file", own[0], "--tls-cert", own[1], "--tls-key", own[2])
    with Cluster(2, scheme="tls", security=security) as cluster:
        expect(cluster.address.startswith("tls://127.0.0.1:"), cluster.address)
        outcome = run("tls.sqlite", "--engine", cluster.address, "--engine-tls", ",".join(own))
        expect_done(outcome)
        expect_same("tls.sqlite", outcome)
        expect(workers_used("tls.sqlite"))
        foreign = ",".join(path(name) for name in ("stranger.pem", "stranger.pem", "stranger.key"))
        plain = cluster.address.replace("tls://", "dask://")
        for options in (
                ("--engine", cluster.address, "--engine-tls", foreign), ("--engine", plain)):
            outcome = run("refused.sqlite", *options, "--engine-timeout", "3s")
            expect(outcome.returncode == 74 and "--engine" in outcome.stderr, outcome.returncode, outcome.stderr)
            expect(len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr)
        missing = ",".join((own[0], path("nothing.pem"), own[2]))
        outcome = run("refused.sqlite", "--engine", cluster.address, "--engine-tls", missing)
        expect(outcome.returncode == 74 and "nothing.pem cannot be read" in outcome.stderr, outcome.stderr)


def test_driver_names_its_program_to_workers():
    with Cluster(1, FGL_SIM="") as cluster:
        expect_done(run("named.sqlite", "--engine", cluster.address))
    expect_same("named.sqlite")


def test_workers_are_told_the_programs_folder():
    """$FGL_SIM may be a folder, as for Python's `fgl_sim`."""
    folder = path("program")
    os.makedirs(folder)
    os.symlink(PROGRAM, os.path.join(folder, "fgl-sim"))
    with Cluster(1, FGL_SIM=folder) as cluster:
        expect_done(run("folder.sqlite", "--engine", cluster.address))
    expect_same("folder.sqlite")


def test_ports_listen_on_this_machine_alone():
    process = started("ports.sqlite", "--engine", "dask-local:2")
    wait_for_work("ports.sqlite", 1, process)
    own = family(process.pid)
    listening = [line for line in subprocess.run(
        ["ss", "-ltnpH"], capture_output=True, text=True).stdout.splitlines()
        if any(f"pid={pid}," in line for pid in own)]
    expect(listening and all(line.split()[3].startswith("127.0.0.1:") for line in listening), listening)
    expect(process.wait(300) == 0, process.stderr.read())


def test_result_of_a_worker_that_stops():
    """A worker stops when its result is on the way: another one does the work again."""
    file = os.path.join(
        os.path.dirname(__file__), "..", "..", "Sources", "Scenarios", "Engine", "Bridge", "dask_bridge.py")
    spec = importlib.util.spec_from_file_location("dask_bridge", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def play(address):
        from distributed import Client, wait

        client = await Client(address, asynchronous=True)
        told = []

        async def send(header, bodies=()):
            told.append(header)

        bridge = module.Bridge({"session": "x", "timeout": 20, "silence": 2}, send)
        bridge.client, bridge.cluster = client, None

        async def offer(dask_worker):
            await dask_worker.set_resources(x=1)

        await client.wait_for_workers(2)
        await client.run(offer)
        await bridge.slots()
        future = client.submit(lambda: [memoryview(bytearray(20_000_000)), {"result": 7}], resources={"x": 1})
        await wait([future])
        holder = list((await client.who_has([future])).values())[0][0]
        stopped = (await client.run(os.getpid))[holder]
        bridge.direct = await bridge.reaches_workers()
        expect(bridge.direct, "workers cannot be reached")
        os.kill(stopped, signal.SIGSTOP)
        try:
            result = asyncio.ensure_future(bridge.result(future))
            limit = time.monotonic() + 40
            while not result.done() and time.monotonic() < limit:
                await asyncio.sleep(0.5)
                await bridge.slots()
            expect(result.done(), "the result of a stopped worker is waited for")
            body, reply = result.result()
            expect((len(body), reply["result"]) == (20_000_000, 7), reply)
            expect([event["event"] for event in told] == ["idle"], told)
        finally:
            os.kill(stopped, signal.SIGKILL)
            await client.close()

    with Cluster(2) as cluster:
        asyncio.run(play(cluster.tcp))


def test_workers_behind_a_wall():
    """Driver and worker in network namespaces of their own that reach the scheduler alone, not each other."""
    if os.geteuid() != 0:
        print("skipped: network namespaces need root")
        return
    with hosts(2) as (address, (driver, wall)), Cluster(0, host=address) as cluster:
        cluster.workers.append(cluster.worker(prefix=("ip", "netns", "exec", wall)))
        ip("-n", driver, "route", "add", "blackhole", f"{address.rsplit('.', 1)[0]}.3/32")
        outcome = run("wall.sqlite", "--engine", cluster.address, prefix=("ip", "netns", "exec", driver))
        expect_done(outcome)
        expect_same("wall.sqlite")
        expect("results come through the scheduler" in outcome.stderr, outcome.stderr)


def test_no_dask_and_no_python():
    for python, word in (("/usr/bin/nothing", "there is no"), (path("python"), "has no Dask.distributed")):
        if word.startswith("has"):
            os.symlink(PYTHON, python)
            write("distributed.py", "raise ImportError('none here')\n")
        outcome = subprocess.run(
            command("none.sqlite", "--engine", "dask-local:1"), capture_output=True, text=True,
            env=dict(environment(), FGL_PYTHON=python, PYTHONPATH=FOLDER), timeout=100)
        expect(outcome.returncode == 74 and word in outcome.stderr, outcome.returncode, outcome.stderr)
        expect(len(outcome.stderr.strip().splitlines()) == 1, outcome.stderr)
    os.unlink(path("distributed.py"))


def test_local_runs_start_no_python():
    outcome = subprocess.run(
        ["strace", "-f", "-e", "trace=execve", *command("traced.sqlite", "--jobs", "2")], capture_output=True,
        text=True, env=environment(FGL_PYTHON="/usr/bin/nothing"), timeout=300)
    expect_done(outcome)
    calls = [line for line in outcome.stderr.splitlines() if "execve(" in line]
    expect(len(calls) == 1, calls)


if __name__ == "__main__":
    harness.main([(name, test) for name, test in globals().items() if name.startswith("test_")], sys.argv[1:])
