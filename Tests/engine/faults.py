"""What happens when something dies, stops or lies: each fault lands in the middle of a real run on Dask.

Whatever happens, the run ends with the hashes of an undisturbed local run and with all work recorded once, after
`fgl-sim resume` where it had to stop; or it says what is wrong.

    faults.py                  # the short ones
    faults.py --long           # all of them; those with namespaces and mounts need root
    faults.py worker killed    # those whose names have these words
    faults.py --random 20 7    # 20 runs with a random fault each, drawn with seed 7
"""

import binascii
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib

import harness
from harness import (
    PROGRAM, PYTHON, Cluster, children, ending, expect, expect_done, expect_ended, expect_same, family, hosts,
    ip, path, query, resume, run, started, wait_for, wait_for_work, workers_used, write)

RANDOM = random.Random(1)
# So long is who says nothing waited for at least.
SILENCE = ("--engine-timeout", "15s")


def middle():
    """After how much work a fault lands: there are 24 pieces that travel."""
    return RANDOM.randint(1, 12)


def begun(output, *options, **named):
    process = started(output, *options, **named)
    wait_for_work(output, middle(), process)
    return process


def expect_finished(process, output):
    code, errors = process.wait(300), process.stderr.read()
    expect(code == 0, code, errors)
    expect_same(output)
    return errors


def expect_interrupted(process, output, word):
    """It has stopped, says why and how it goes on."""
    code, errors = process.wait(300), process.stderr.read()
    expect(code == 74 and word in errors and "fgl-sim resume" in errors, code, errors)
    expect("interrupted" in {row[1] for row in ending(output)}, ending(output))


def finish_elsewhere(output):
    """Goes on: here, on a cluster of its own or on another one."""
    place = RANDOM.choice(["local", "dask-local:2", "cluster"])
    if place == "cluster":
        with Cluster(2) as cluster:
            outcome = resume(output, "--engine", cluster.address)
    else:
        outcome = resume(output, "--engine", place)
    expect_done(outcome)
    expect_same(output, outcome)


def programs_of(pid):
    """The processes of `fgl-sim worker` that a process has started."""
    def is_worker(child):
        try:
            with open(f"/proc/{child}/cmdline") as line:
                return "worker\0--cache" in line.read()
        except OSError:
            return False
    return sorted(filter(is_worker, family(pid)))


def flip(file):
    """Changes one byte of a file."""
    size = os.path.getsize(file)
    if size:
        with open(file, "r+b") as blob:
            blob.seek(RANDOM.randrange(size))
            byte = blob.read(1)
            blob.seek(-1, os.SEEK_CUR)
            blob.write(bytes([byte[0] ^ 1 << RANDOM.randrange(8)]))


def files_below(folder, length=64):
    return [os.path.join(place, file) for place, _, files in os.walk(folder) for file in files
            if len(file) == length]


def liar(name, change):
    """A program that does what fgl-sim does, and changes the answers of its worker."""
    return write(name, f"""#!{PYTHON}
import hashlib, json, os, struct, subprocess, sys, threading

def first(name):
    try:
        os.close(os.open({harness.FOLDER!r} + "/" + name, os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False

def change(header, bodies):
{change}

def frame(stream):
    head = stream.read(4)
    if len(head) < 4:
        return None, []
    header = json.loads(stream.read(struct.unpack(">I", head)[0]))
    return header, [bytearray(stream.read(length)) for length in header["bodies"]]

def forward(stream, header, bodies):
    text = json.dumps(header).encode()
    stream.write(struct.pack(">I", len(text)) + text + b"".join(bodies))
    stream.flush()

def listen():
    while True:
        header, bodies = frame(sys.stdin.buffer)
        if header is None:
            child.stdin.close()
            return
        change.key = header["key"]
        forward(child.stdin, header, bodies)

child = subprocess.Popen([{PROGRAM!r}, *sys.argv[1:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
threading.Thread(target=listen, daemon=True).start()
while True:
    header, bodies = frame(child.stdout)
    if header is None:
        os._exit(9)
    change(header, bodies)
    forward(sys.stdout.buffer, header, bodies)
""", executable=True)


# Workers

def fault_worker_killed():
    with Cluster(2) as cluster:
        process = begun("killed.sqlite", "--engine", cluster.address)
        RANDOM.choice(cluster.workers).kill()
        expect_finished(process, "killed.sqlite")


def fault_worker_killed_and_another_joins():
    with Cluster(1) as cluster:
        process = begun("joins.sqlite", "--engine", cluster.address)
        cluster.workers[0].kill()
        cluster.worker()
        expect_finished(process, "joins.sqlite")


def fault_worker_stopped():
    with Cluster(2) as cluster:
        process = begun("stopped.sqlite", "--engine", cluster.address, *SILENCE)
        RANDOM.choice(cluster.workers).send_signal(signal.SIGSTOP)
        expect("has been silent" in expect_finished(process, "stopped.sqlite"))


def fault_only_worker_stopped():
    with Cluster(1) as cluster:
        process = begun("silent.sqlite", "--engine", cluster.address, *SILENCE)
        cluster.workers[0].send_signal(signal.SIGSTOP)
        expect_interrupted(process, "silent.sqlite", "no workers for 15 s")
    finish_elsewhere("silent.sqlite")


def fault_worker_of_dask_local_stopped():
    process = begun("local-stopped.sqlite", "--engine", "dask-local:1", *SILENCE)
    program = programs_of(process.pid)[0]
    worker = int(subprocess.run(["ps", "-o", "ppid=", str(program)], capture_output=True).stdout)
    os.kill(worker, signal.SIGSTOP)
    expect_finished(process, "local-stopped.sqlite")


def fault_program_killed():
    with Cluster(1) as cluster:
        process = begun("program.sqlite", "--engine", cluster.address)
        for child in children(cluster.workers[0]):
            os.kill(child, signal.SIGKILL)
        expect_finished(process, "program.sqlite")


def fault_program_stopped():
    with Cluster(1) as cluster:
        process = begun("hangs.sqlite", "--engine", cluster.address, *SILENCE)
        for child in children(cluster.workers[0]):
            os.kill(child, signal.SIGSTOP)
        expect_finished(process, "hangs.sqlite")


def fault_all_workers_gone():
    with Cluster(2) as cluster:
        process = begun("gone.sqlite", "--engine", cluster.address, "--engine-timeout", "3s")
        for worker in cluster.workers:
            worker.kill()
        expect_interrupted(process, "gone.sqlite", "no workers for 3 s")
    finish_elsewhere("gone.sqlite")


# What is between

def fault_scheduler_killed():
    with Cluster(1) as cluster:
        process = begun("scheduler.sqlite", "--engine", cluster.address, "--engine-timeout", "3s")
        cluster.scheduler.kill()
        expect_interrupted(process, "scheduler.sqlite", "scheduler does not answer")
    finish_elsewhere("scheduler.sqlite")


def fault_scheduler_stopped():
    with Cluster(1) as cluster:
        process = begun("scheduler-stopped.sqlite", "--engine", cluster.address, "--engine-timeout", "3s")
        cluster.scheduler.send_signal(signal.SIGSTOP)
        expect_interrupted(process, "scheduler-stopped.sqlite", "scheduler does not answer")
    finish_elsewhere("scheduler-stopped.sqlite")


def fault_bridge_killed():
    process = begun("bridge.sqlite", "--engine", "dask-local:1")
    left = family(process.pid) - {process.pid}
    for child in children(process):
        os.kill(child, signal.SIGKILL)
    expect_interrupted(process, "bridge.sqlite", "bridge")
    expect_ended(left)
    finish_elsewhere("bridge.sqlite")


def fault_bridge_stopped():
    process = begun("bridge-stopped.sqlite", "--engine", "dask-local:1", *SILENCE)
    left = family(process.pid) - {process.pid}
    for child in children(process):
        os.kill(child, signal.SIGSTOP)
    expect_interrupted(process, "bridge-stopped.sqlite", "has not answered for 15")
    expect_ended(left)
    finish_elsewhere("bridge-stopped.sqlite")


def fault_driver_killed():
    with Cluster(1) as cluster:
        process = begun("driver.sqlite", "--engine", cluster.address)
        left = (family(process.pid) - {process.pid}) | set(children(cluster.workers[0]))
        process.kill()
        process.wait()
        # The bridge goes, and what it has started on the workers.
        expect_ended(left)
    finish_elsewhere("driver.sqlite")


def fault_driver_of_dask_local_killed():
    process = begun("driver-local.sqlite", "--engine", "dask-local:2")
    left = family(process.pid)
    process.kill()
    process.wait()
    expect_ended(left)
    finish_elsewhere("driver-local.sqlite")


def fault_link_cut():
    """A worker in a network namespace of its own, whose link goes down: nothing says that it is gone."""
    with hosts(2) as (address, names), Cluster(0, host=address) as cluster:
        for host in names:
            cluster.workers.append(cluster.worker(prefix=("ip", "netns", "exec", host)))
        process = begun("link.sqlite", "--engine", cluster.address, *SILENCE)
        ip("link", "set", f"{RANDOM.choice(names)}0", "down")
        expect_finished(process, "link.sqlite")


# Bytes

def fault_cache_flipped():
    with Cluster(1) as cluster:
        process = begun("cache.sqlite", "--engine", cluster.address)
        for file in files_below(cluster.scratch):
            flip(file)
        # A new process has nothing in memory.
        for child in children(cluster.workers[0]):
            os.kill(child, signal.SIGKILL)
        expect_finished(process, "cache.sqlite")


def fault_shared_folder_flipped():
    shared = path("shared-flipped")
    with Cluster(1) as cluster:
        process = begun("shared.sqlite", "--engine", cluster.address, "--engine-shared", shared)
        for file in files_below(shared):
            flip(file)
        for file in files_below(cluster.scratch):
            os.unlink(file)
        for child in children(cluster.workers[0]):
            os.kill(child, signal.SIGKILL)
        expect_finished(process, "shared.sqlite")
    expect(os.listdir(shared) == [], os.listdir(shared))


def fault_result_flipped():
    """A byte of a result on its way from the program, or its seal."""
    change = RANDOM.choice([
        '    if bodies and first("flipped"): bodies[0][len(bodies[0]) // 2] ^= 4',
        '    if "seal" in header and first("flipped"): header["seal"] = "0" * 64',
        '    if "result" in header and first("flipped"): header["result"] = header["result"].replace("1", "2")',
    ])
    remove("flipped")
    with Cluster(1, FGL_SIM=liar("flips", change)) as cluster:
        process = started("result.sqlite", "--engine", cluster.address)
        expect_finished(process, "result.sqlite")
    expect(os.path.exists(path("flipped")), "nothing was flipped")
    again = query("result.sqlite", "SELECT count(*) FROM work WHERE attempts > 1")
    expect(again == [(1,)], again)


def fault_shared_result_flipped():
    shared = path("shared-result")
    remove("flipped")
    program = liar("flips-files", f"""
    import glob
    files = glob.glob({shared!r} + "/*/result-*")
    if "result" in header and files and first("flipped"):
        with open(files[0], "r+b") as file:
            file.seek(100)
            file.write(b"?")""")
    with Cluster(1, FGL_SIM=program) as cluster:
        process = started(
            "shared-result.sqlite", "--engine", cluster.address, "--engine-shared", shared)
        expect_finished(process, "shared-result.sqlite")
    expect(os.path.exists(path("flipped")), "nothing was flipped")


def remove(name):
    if os.path.exists(path(name)):
        os.unlink(path(name))


def fault_disk_full():
    folder = path("full")
    os.makedirs(folder, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=True)
    try:
        with Cluster(0) as cluster:
            cluster.scratch = folder
            worker = cluster.worker()
            process = started("full.sqlite", "--engine", cluster.address)
            wait_for(lambda: os.listdir(folder), "the worker has begun", 60)
            wait_for_work("full.sqlite", 1, process)
            subprocess.run(
                ["dd", "if=/dev/zero", f"of={folder}/filler", "bs=4k"], stderr=subprocess.DEVNULL)
            for child in children(worker):
                os.kill(child, signal.SIGKILL)
            expect_finished(process, "full.sqlite")
    finally:
        subprocess.run(["umount", "-l", folder])


# Those that the run must name

def picture(red, green, blue, side=16):
    """A PNG of one colour with a diagonal."""
    rows = b"".join(
        b"\0" + b"".join(bytes((255,) * 3 if x == y else (red, green, blue)) for x in range(side))
        for y in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", binascii.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def pictures(folder, shade):
    for part, count in (("train", 90), ("test", 20)):
        for number, name in enumerate(("cold", "warm")):
            place = os.path.join(folder, part, name)
            os.makedirs(place, exist_ok=True)
            for index in range(count):
                with open(os.path.join(place, f"{index}.png"), "wb") as file:
                    file.write(picture(200 * number, (shade + index) % 256, 200 - 200 * number))


def fault_other_data():
    """A worker that finds other images under the same path gets no work, and the run says so."""
    pictures(path("data"), 0)
    pictures(path("others"), 99)
    write("folder.yaml", harness.SCENARIO.replace(
        "set: shapes, classes: [mug, star]", f"set: image-folder, path: {path('data')}"
    ).replace(", train-per-class: 90, test-per-class: 20", "").replace("[fedavg, fgl-one-shot]", "[fedavg]"))
    expect_done(run("folder-local.sqlite", scenario="folder.yaml"))
    other = write(
        "other-data", "#!/bin/sh\nexec unshare -m sh -c "
        f"'mount --bind {path('others')} {path('data')} && exec {PROGRAM} \"$@\"' sh \"$@\"\n", executable=True)
    with Cluster(1) as cluster:
        cluster.worker(FGL_SIM=other)
        time.sleep(3)
        outcome = run("folder.sqlite", "--engine", cluster.address, scenario="folder.yaml")
        expect_done(outcome)
        expect("gets no work: " in outcome.stderr, outcome.stderr)
        expect_same("folder.sqlite", outcome, "folder-local.sqlite")
        expect(len(workers_used("folder.sqlite")) == 1)
    with Cluster(1, FGL_SIM=other) as cluster:
        outcome = run(
            "folder-other.sqlite", "--engine", cluster.address, "--engine-timeout", "4s", scenario="folder.yaml")
        expect(outcome.returncode == 74 and "could do the work for 4 s" in outcome.stderr, outcome.stderr)
    expect_done(resume("folder-other.sqlite"))
    expect_same("folder-other.sqlite", None, "folder-local.sqlite")


def fault_program_dies_each_time():
    """Work that fails three times ends the run with its name."""
    program = liar("dies", '    if "hello" not in header: child.kill(); os._exit(9)')
    with Cluster(1, FGL_SIM=program) as cluster:
        outcome = run("dies.sqlite", "--engine", cluster.address, "--engine-timeout", "20s")
    expect(outcome.returncode == 74 and "failed 3 times" in outcome.stderr, outcome.stderr)
    expect("fgl-sim worker has ended" in outcome.stderr, outcome.stderr)


def fault_worker_computes_wrong():
    """The same work, done twice with two results, is an error that names both machines."""
    program = liar("wrong", """
    if "result" in header and bodies:
        record = json.loads(header["result"])
        bodies[0][-5] ^= os.urandom(1)[0] | 1
        sha = hashlib.sha256(bodies[0]).hexdigest()
        if record.get("sha256") == record["blobs"][0]["sha256"]:
            record["sha256"] = sha
        record["blobs"][0]["sha256"] = sha
        header["result"] = json.dumps(record)
        text = change.key + "\\n" + header["result"]
        header["seal"] = hashlib.sha256(text.encode()).hexdigest()""")
    # Their first rounds are the same work; the last one begins when another has ended.
    methods = "fedavg, fedavgm, fedadam, fedyogi, fedadagrad"
    write("wrong.yaml", harness.SCENARIO.replace("fedavg, fgl-one-shot", methods).replace("rounds: 3", "rounds: 1"))
    with Cluster(1) as cluster:
        cluster.worker(FGL_SIM=program)
        outcome = run("wrong.sqlite", "--engine", cluster.address, scenario="wrong.yaml")
    expect(outcome.returncode == 65, outcome.returncode, outcome.stderr)
    expect("was done twice with different results" in outcome.stderr, outcome.stderr)
    expect(outcome.stderr.count(" by ") == 2, outcome.stderr)


def fault_worker_with_another_program():
    """A worker of another type gets no work; --engine-mixed takes it."""
    other = write(
        "other", f"#!/bin/sh\nFGL_ATEN_CPU_CAPABILITY=default exec {PROGRAM} \"$@\"\n", executable=True)
    with Cluster(1, FGL_SIM=other) as cluster:
        outcome = run("other.sqlite", "--engine", cluster.address, "--engine-timeout", "5s")
        expect(outcome.returncode == 74 and "another type of machine" in outcome.stderr, outcome.stderr)
        outcome = run("mixed.sqlite", "--engine", cluster.address, "--engine-mixed")
        expect_done(outcome)
        machines = query("mixed.sqlite", "SELECT DISTINCT machine FROM worker")
        expect(len(machines) == 1 and "kernels for default" in machines[0][0], machines)


# Those after which the run ends in the same way at whatever time they happen.
ENDS_EQUAL = [
    fault_worker_killed, fault_worker_killed_and_another_joins, fault_worker_stopped,
    fault_only_worker_stopped, fault_worker_of_dask_local_stopped, fault_program_killed,
    fault_program_stopped, fault_all_workers_gone, fault_scheduler_killed, fault_scheduler_stopped,
    fault_bridge_killed, fault_bridge_stopped, fault_driver_killed, fault_driver_of_dask_local_killed,
    fault_link_cut, fault_cache_flipped, fault_shared_folder_flipped, fault_result_flipped,
    fault_shared_result_flipped, fault_disk_full,
]
NAMED = [
    fault_other_data, fault_program_dies_each_time, fault_worker_computes_wrong,
    fault_worker_with_another_program,
]
# What `make engine-test` tries each time; the others wait for silence, or need root.
SHORT = [
    fault_worker_killed_and_another_joins, fault_all_workers_gone, fault_scheduler_killed, fault_bridge_killed,
    fault_driver_killed, fault_cache_flipped, fault_shared_folder_flipped, fault_result_flipped,
    fault_worker_computes_wrong,
]


def random_faults(count, seed):
    RANDOM.seed(seed)
    drawn = [RANDOM.choice(ENDS_EQUAL) for _ in range(count)]
    return [(f"{number + 1} {fault.__name__}", fresh(fault, number)) for number, fault in enumerate(drawn)]


def fresh(fault, number):
    """The same fault may come twice: outputs of the first time go."""
    def body():
        for name in os.listdir(harness.FOLDER):
            if ".sqlite" in name and not name.startswith("local.sqlite"):
                subprocess.run(["rm", "-rf", "--", path(name)])
        fault()
    return body


if __name__ == "__main__":
    words = sys.argv[1:]
    if words[:1] == ["--random"]:
        tests = random_faults(int(words[1]), int(words[2]) if len(words) > 2 else 1)
        words = []
    else:
        faults = ENDS_EQUAL + NAMED if words else SHORT
        tests, words = [(fault.__name__, fault) for fault in faults], [w for w in words if w != "--long"]
    harness.main(tests, words)
