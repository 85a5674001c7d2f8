"""Mutations of real frames, sent to a real `fgl-sim worker`: each is answered, none ends the process, and no file
outside its folders is opened (strace sees every call).

    fuzz.py [how many, default 300] [seed]
"""

import hashlib
import json
import os
import random
import re
import select
import struct
import subprocess
import sys

import harness
from harness import PROGRAM, PYTHON, Cluster, environment, expect, expect_done, path, run, write

# What every process reads: libraries, devices, what the machine is, the time zone.
COMMON = ("/proc/", "/sys/", "/dev/", "/etc/", "/lib/", "/usr/", "/opt/")


def exactly(stream, length):
    data = b""
    while len(data) < length:
        part = stream.read(length - len(data))
        if not part:
            return b""
        data += part
    return data


def frame(stream):
    head = exactly(stream, 4)
    if not head:
        return None, []
    header = json.loads(exactly(stream, struct.unpack(">I", head)[0]))
    return header, [exactly(stream, length) for length in header.get("bodies", [])]


def packed(header, bodies):
    text = header if isinstance(header, bytes) else json.dumps(
        dict(header, bodies=[len(body) for body in bodies])).encode()
    return struct.pack(">I", len(text)) + text + b"".join(bodies)


def recorded():
    """Frames with all their bytes, as workers get them in a run: one of each kind of work, and a few more."""
    recorder = write("records", f"""#!{PYTHON}
import os, subprocess, sys
with open(os.path.join({harness.FOLDER!r}, f"frames-{{os.getpid()}}"), "wb") as copy:
    child = subprocess.Popen([{PROGRAM!r}, *sys.argv[1:]], stdin=subprocess.PIPE)
    while True:
        part = os.read(0, 1 << 20)
        if not part:
            break
        copy.write(part)
        child.stdin.write(part)
        child.stdin.flush()
""", executable=True)
    with Cluster(1, FGL_SIM=recorder) as cluster:
        expect_done(run("recorded.sqlite", "--engine", cluster.address))
    frames, blobs = [], {}
    for name in os.listdir(harness.FOLDER):
        if name.startswith("frames-"):
            with open(path(name), "rb") as stream:
                while True:
                    header, bodies = frame(stream)
                    if header is None:
                        break
                    blobs.update(zip(header["attached"], bodies[1:]))
                    frames.append((header, bodies[0]))
    # Short ones: thousands of them are done.
    chosen = [(header, bodies) for header, bodies in frames][:8] + frames[-8:]
    names = [[item["sha256"] for item in header["inputs"]] + [header["scenario"]["sha256"]] for header, _ in chosen]
    return [(header, body, [blobs[name] for name in own]) for (header, body), own in zip(chosen, names)]


def mutate_bytes(draw, data):
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        place = draw.randrange(len(data))
        kind = draw.randrange(6)
        if kind == 0:
            data[place] = draw.randrange(256)
        elif kind == 1:
            del data[place:place + draw.choice([1, 1, 2, 40])]
        elif kind == 2:
            data[place:place] = draw.choice([b"9", b"-", b"/", b"../../etc/passwd", b"\0", b"\xff", b'"', b"[]", b"{}"])
        elif kind == 3:
            data[place] = draw.choice(b"0123456789")
        elif kind == 4:
            data = data[:place + 1]
        else:
            other = draw.randrange(len(data))
            data[place:place] = data[other:other + 30]
        if not data:
            data = bytearray(b"x")
    return bytes(data)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def mutated(draw, header, text, inputs):
    """A frame in which something is wrong: the work, a hash, a name, the header, or bytes that it reads."""
    kind = draw.randrange(10)
    blobs = list(inputs)
    if kind < 7:
        text = mutate_bytes(draw, text)
    elif kind < 9 and blobs:
        place = draw.randrange(len(blobs))
        before, blobs[place] = sha(blobs[place]), mutate_bytes(draw, blobs[place])
        # Work that names the bytes as they are now.
        text = text.replace(before.encode(), sha(blobs[place]).encode())
    names = [{"sha256": sha(blob), "bytes": len(blob)} for blob in blobs]
    job = {"key": sha(text), "scenario": names[-1], "inputs": names[:-1], "attached": [n["sha256"] for n in names]}
    if kind == 9:
        name = draw.choice(["../../../etc/passwd", "/etc/passwd", "0" * 64, "", "é" * 64, "." * 64])
        place = draw.choice(["key", "scenario", "inputs", "attached"])
        job[place] = {
            "key": name, "scenario": {"sha256": name, "bytes": draw.choice([-1, 0, 1, 1 << 62])},
            "inputs": [{"sha256": name, "bytes": 1741}], "attached": [name] * len(blobs)}[place]
        if draw.random() < 0.3:
            del job[draw.choice(sorted(job))]
    return packed(job, [text] + blobs)


class Worker:
    def __init__(self, number):
        self.trace = path(f"trace-{number}")
        self.cache = path(f"cache-{number}")
        self.process = subprocess.Popen(
            ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2,creat,execve", "-o", self.trace, PROGRAM,
             "worker", "--cache", self.cache, "--cache-limit", "20000000"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=environment(), cwd=harness.FOLDER)
        expect("hello" in frame(self.process.stdout)[0])
        self.before = os.path.getsize(self.trace)

    def ask(self, data):
        """The answer; None where the work takes long, which nobody forbids."""
        while data:
            data = data[self.process.stdin.write(data):]
        for _ in range(4):
            if not select.select([self.process.stdout], [], [], 20)[0]:
                return None
            header, _ = frame(self.process.stdout)
            expect(header is not None, "the worker has ended", self.process.poll())
            if "alive" not in header:
                return header
        return None

    def end(self):
        self.process.kill()
        self.process.wait()

    def opened(self):
        """Files that were opened since it has begun."""
        with open(self.trace, errors="replace") as trace:
            trace.seek(self.before)
            calls = re.findall(r'(?:open|openat|openat2|creat|execve)\((?:AT_FDCWD, )?"([^"]*)".*\) = (\d+)', trace.read())
        return {name for name, _ in calls}


def fuzz(count, seed):
    draw = random.Random(seed)
    frames = recorded()
    workers, counts = [Worker(0)], {"result": 0, "failed": 0, "need": 0, "long": 0}
    for number in range(count):
        data = mutated(draw, *draw.choice(frames))
        try:
            answer = workers[-1].ask(data)
        except Exception:
            with open(f"fuzz-{seed}-{number}.frame", "wb") as file:
                file.write(data)
            raise
        kinds = ["long"] if answer is None else [kind for kind in counts if kind in answer]
        expect(len(kinds) == 1, answer)
        counts[kinds[0]] += 1
        if answer is None:
            workers[-1].end()
            workers.append(Worker(len(workers)))
    # Afterwards it still works.
    header, text, blobs = frames[0]
    answer = workers[-1].ask(packed(dict(header, attached=[sha(blob) for blob in blobs]), [text] + blobs))
    expect(answer and "result" in answer, answer)
    own = tuple(os.path.dirname(place) + "/" for place in (PROGRAM, os.path.realpath(PROGRAM)))
    for worker in workers:
        worker.end()
        others = [name for name in worker.opened()
                  if name and not name.startswith((worker.cache, *own, *COMMON))]
        expect(not others, "opened", others)
        secrets = [name for name in worker.opened() if "passwd" in name]
        expect(not secrets, secrets)
    print(f"ok     {count} mutations: {counts}", flush=True)
    expect(counts["failed"] > count // 3, counts)


if __name__ == "__main__":
    try:
        write("engine.yaml", harness.SCENARIO.replace("local-epochs: 4", "local-epochs: 1").replace(
            "epochs: 20", "epochs: 1"))
        fuzz(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    finally:
        harness.clean()
