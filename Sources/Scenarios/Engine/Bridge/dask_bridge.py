"""The bridge between fgl-sim and Dask.distributed.

fgl-sim starts this file as a child process and exchanges frames with it over stdin and stdout. Pieces of work
become Dask tasks whose keys are the work keys; the bytes they read become tasks whose keys are their hashes. A
worker plugin starts `fgl-sim worker` on every worker and hands it the work.

A frame is the length of a JSON object as 4 bytes, most significant first, the object, and the bodies whose
lengths its list "bodies" has. docs/cluster.md documents the messages.

It runs with Python 3.9 and Dask.distributed 2022.12 and later, and needs nothing else.
"""

import asyncio
import fcntl
import json
import os
import queue
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

# How often an `fgl-sim worker` and this bridge say that they are alive.
BEAT_S = 5
# A process that has had no work for so long is ended: its run may be over without a word.
REST_S = 600
# How long a worker has to answer this process, which it may not be able to reach.
REACH_S = 3
# How often a piece of work is tried before the run ends.
TRIES = 3
# Begins the text of an error in which a worker says why it could not do a piece of work.
FAILURE = "fgl-sim: "
# How many bytes of a frame room is made for at a time.
ROOM = 1 << 26
# What a task that only keeps bytes takes of a slot: a power of two, so that slots add up exactly.
CRUMB = 2.0 ** -20


def read_frame(stream):
    """The next header and its bodies; (None, []) at the end of the stream."""
    head = read_exactly(stream, 4)
    if head is None:
        return None, []
    text = read_exactly(stream, struct.unpack(">I", head)[0])
    if text is None:
        return None, []
    header = json.loads(text)
    bodies = []
    for length in header.get("bodies", []):
        body = read_exactly(stream, length)
        if body is None:
            return None, []
        bodies.append(body)
    return header, bodies


def read_exactly(stream, length):
    """So many bytes, in memory that is theirs alone; None where the stream ends before."""
    # Room is made as they arrive, whatever length was announced.
    data, start = bytearray(min(length, ROOM)), 0
    while True:
        with memoryview(data) as view:
            while start < len(data):
                count = stream.readinto(view[start:])
                if not count:
                    return None
                start += count
        if start == length:
            return data
        data.extend(bytes(min(length - start, ROOM)))


def widen(stream):
    """Has a pipe hold a megabyte, so that bytes pass in few steps; as it is where the system does not know that."""
    try:
        fcntl.fcntl(stream.fileno(), getattr(fcntl, "F_SETPIPE_SZ", 1031), 1 << 20)
    except OSError:
        pass


def write_frame(stream, header, bodies=()):
    text = json.dumps(dict(header, bodies=[len(body) for body in bodies])).encode()
    stream.write(struct.pack(">I", len(text)) + text)
    for body in bodies:
        stream.write(body)
    stream.flush()


class WorkerLost(Exception):
    """`fgl-sim worker` has ended or does not answer."""


class Slot:
    """One process of `fgl-sim worker`."""

    def __init__(self, program, options, directory, silence):
        self.silence = silence
        directory = directory if os.path.isdir(directory) else None
        self.log = open(os.devnull, "wb")
        self.process = subprocess.Popen(
            [program, "worker", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
            cwd=directory)
        widen(self.process.stdin)
        widen(self.process.stdout)
        self.replies = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.hello, _ = self.reply()

    def listen(self):
        while True:
            try:
                frame = read_frame(self.process.stdout)
            except (OSError, ValueError):
                frame = (None, [])
            self.replies.put(frame)
            if frame[0] is None:
                return

    def reply(self):
        """The next reply; signs of life are skipped."""
        while True:
            try:
                header, bodies = self.replies.get(timeout=self.silence)
            except queue.Empty:
                self.end()
                raise WorkerLost(f"fgl-sim worker has not answered for {self.silence:g} s")
            if header is None:
                self.end()
                raise WorkerLost(f"fgl-sim worker has ended with {self.process.returncode}")
            if "alive" not in header:
                return header, bodies

    def ask(self, header, bodies):
        try:
            write_frame(self.process.stdin, header, bodies)
        except (OSError, ValueError):
            self.end()
            raise WorkerLost(f"fgl-sim worker has ended with {self.process.returncode}")
        return self.reply()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.log.close()


def program_here(given):
    """The program on this machine: $FGL_SIM (the program or its folder, as in Python's fgl_sim), the driver's own path,
    or fgl-sim on the path."""
    own = os.path.expanduser(os.environ.get("FGL_SIM", ""))
    for candidate in (own, own and os.path.join(own, "fgl-sim"), given, shutil.which("fgl-sim")):
        if candidate and os.path.isfile(candidate) and os.access(candidate, os.X_OK):
            return candidate
    raise WorkerLost("fgl-sim is not on this machine: set FGL_SIM to its path")


class Plugin:
    """What every Dask worker runs: its processes of `fgl-sim worker`, and the hand-over of work to them."""

    def __init__(self, settings):
        self.name = settings["session"]
        self.settings = settings
        self.state = {"error": "is starting"}

    async def setup(self, worker):
        self.worker = worker
        self.place = socket.gethostname() + ":" + worker.address.rsplit(":", 1)[-1]
        self.cache = os.path.join(worker.local_directory, "fgl-sim-" + self.name)
        self.free, self.slots, self.is_over = queue.LifoQueue(), set(), False
        self.used = time.monotonic()
        threads = worker.state.nthreads if hasattr(worker, "state") else worker.nthreads
        try:
            slot = await asyncio.get_running_loop().run_in_executor(None, self.start)
        except Exception as error:
            self.state = {"place": self.place, "error": str(error)}
            return
        for _ in range(threads - 1):
            self.free.put(None)
        self.free.put(slot)
        self.resting = asyncio.ensure_future(self.rest())
        self.state = {"place": self.place, "type": slot.hello["type"], "machine": slot.hello["machine"]}
        wanted = self.settings["type"]
        if wanted in ("", slot.hello["type"]):
            await worker.set_resources(**{self.settings["session"]: threads})

    def start(self):
        options = ["--cache", self.cache, "--cache-limit", str(self.settings["cache_limit"]),
                   "--device", self.settings["device"]]
        shared = self.settings["shared"]
        if shared:
            if not os.path.isdir(shared):
                raise WorkerLost(f"does not see the shared folder {shared}")
            options += ["--shared", shared]
        slot = Slot(
            program_here(self.settings["program"]), options, self.settings["directory"],
            self.settings["silence"])
        self.slots.add(slot)
        if self.is_over:
            self.end(slot)
        return slot

    def end(self, slot):
        slot.end()
        self.slots.discard(slot)

    async def rest(self):
        """Ends the processes of a run of which nothing is heard any more; work would start them again."""
        while not self.is_over:
            await asyncio.sleep(REST_S / 10)
            if time.monotonic() - self.used > REST_S:
                free = []
                while not self.free.empty():
                    free.append(self.free.get_nowait())
                for slot in free:
                    if slot:
                        self.end(slot)
                    self.free.put(None)

    async def teardown(self, worker):
        self.is_over = True
        # Also those that are at work: nobody waits for it.
        for slot in list(self.slots):
            self.end(slot)
        shutil.rmtree(self.cache, ignore_errors=True)

    def perform(self, job, text, blobs):
        """The header and the bodies of the result."""
        if "refusal" in self.state:
            raise self.failure(self.state["refusal"], refused=True)
        slot = self.free.get()
        try:
            self.used = time.monotonic()
            if slot is None or slot.process.poll() is not None:
                self.slots.discard(slot)
                slot = self.start()
            fresh = [sha for sha in blobs if not os.path.exists(os.path.join(self.cache, sha))]
            reply, bodies = self.ask(slot, job, text, blobs, fresh)
            if reply.get("need"):
                # Damaged in the cache, or gone from it.
                reply, bodies = self.ask(slot, job, text, blobs, reply["need"])
            if reply.get("need"):
                message = "bytes " + reply["need"][0][:12] + "… have not arrived"
                raise self.failure(message, lacks_bytes=True)
            if "failed" in reply:
                if reply.get("lacks_input"):
                    self.withdraw(reply["failed"])
                raise self.failure(reply["failed"], refused=bool(reply.get("lacks_input")))
            return dict(reply, place=self.place, machine=slot.hello["machine"]), bodies
        except WorkerLost as error:
            self.slots.discard(slot)
            slot = None
            raise self.failure(str(error))
        finally:
            self.used = time.monotonic()
            self.free.put(slot)

    def ask(self, slot, job, text, blobs, attached):
        attached = [sha for sha in attached if sha in blobs]
        return slot.ask(dict(job, attached=attached), [text] + [blobs[sha] for sha in attached])

    def failure(self, message, **why):
        return RuntimeError(FAILURE + json.dumps(dict(why, worker=self.place, message=message)))

    def withdraw(self, message):
        """This worker has other data or models: it gets no more work of this run."""
        self.state = dict(self.state, refusal=message)
        # Only the scheduler is told: what it has assigned is still begun here, refused and given to others.
        self.worker.loop.add_callback(
            self.worker.scheduler.set_resources, resources={self.settings["session"]: 0},
            worker=self.worker.contact_address)


def perform(session, job, text, names, *blobs):
    """A task: one piece of work on the worker that runs it."""
    from distributed import get_worker

    worker = get_worker()
    plugin = worker.plugins[session]
    worker.log_event(session, {"key": job["key"], "place": plugin.place})
    reply, bodies = plugin.perform(job, text, dict(zip(names, blobs)))
    # First, and as views of memory, which Dask passes on without a copy.
    return [memoryview(body) if body else b"" for body in bodies] + [reply]


def keep(data):
    """A task whose result is bytes that work reads."""
    return data


def states(session, dask_worker):
    plugin = dask_worker.plugins.get(session)
    return plugin.state if plugin else {"error": "has no plugin of this run"}


def wake(dask_scheduler):
    """Has the scheduler give out tasks for which there was no worker.

    It looks at them when a worker joins, and not again when that worker's resources arrive.
    """
    found = {}
    # What is recommended last is done first.
    for task in sorted(dask_scheduler.unrunnable, key=lambda task: task.priority, reverse=True):
        if dask_scheduler.valid_workers(task):
            found[task.key] = "processing"
    dask_scheduler.transitions(found, stimulus_id=f"fgl-sim-wake-{time.time()}")


class Lost(Exception):
    """The engine is gone; the run ends and can be resumed."""


def unanswered(error):
    return f"the scheduler does not answer: {str(error) or type(error).__name__}"


class Bridge:
    def __init__(self, settings, send):
        self.settings = settings
        self.session = settings["session"]
        self.send = send
        self.blobs = {}
        self.tasks = {}
        self.starts = {}
        self.known_states = {}
        self.heard = {}
        self.able = set()
        self.present = set()
        self.refusing = set()
        self.is_closing = False
        # Whether results come from the workers themselves and not through the scheduler; None before it is known.
        self.direct = None
        self.gate = asyncio.Semaphore(2)

    async def connect(self):
        import dask
        from distributed import Client, LocalCluster, Security

        dask.config.set({"distributed.comm.timeouts.connect": "30s"})
        address, self.cluster = self.settings["address"], None
        if self.settings["local"]:
            # A hundred times a second, Dask's profiler took a fortieth of each worker's time.
            dask.config.set({"distributed.worker.profile.interval": "1s"})
            count = self.settings["local"]
            # Nothing listens beyond this machine.
            self.cluster = await LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
                dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0", asynchronous=True,
                silence_logs=60)
            address = self.cluster.scheduler_address
        security, tls = None, self.settings["tls"]
        if address.startswith("tls://"):
            security = Security(
                tls_ca_file=tls["ca"], tls_client_cert=tls["cert"], tls_client_key=tls["key"],
                require_encryption=True)
        self.client = await Client(
            address, security=security, asynchronous=True, timeout=self.settings["timeout"],
            name="fgl-sim")
        self.client.subscribe_topic(self.session, self.note_start)
        await self.install()

    async def install(self):
        from distributed import WorkerPlugin

        class FglSimPlugin(Plugin, WorkerPlugin):
            pass

        plugin = FglSimPlugin(self.settings)
        try:
            if hasattr(self.client, "register_plugin"):
                await self.client.register_plugin(plugin, name=self.session)
            else:
                await self.client.register_worker_plugin(plugin, name=self.session)
        except Exception as error:
            raise Lost(f"the workers do not take fgl-sim's plugin: {error}")

    def note_start(self, event):
        _, message = event
        self.starts.setdefault(message["key"], []).append(message["place"])

    async def identity(self):
        """What the scheduler says of itself and its workers, if it does in time."""
        return await asyncio.wait_for(self.client.scheduler.identity(), self.settings["timeout"])

    async def slots(self):
        """How much work the workers can do at once."""
        workers = (await self.identity())["workers"]
        for address in self.silent(workers):
            await self.give_up(address, workers.pop(address))
        for address in self.present.difference(workers):
            # What one that has stopped was sending would never come.
            self.client.rpc.remove(address)
        self.present = set(workers)
        able = {address: int(worker["resources"].get(self.session, 0)) for address, worker in workers.items()}
        able = {address: slots for address, slots in able.items() if slots}
        if not self.able.issuperset(able):
            await asyncio.wait_for(self.client.run_on_scheduler(wake), self.settings["timeout"])
        self.able = set(able)
        return sum(able.values()), sorted(workers)

    looked = 0.0

    def silent(self, workers):
        """The addresses of this run's workers that the scheduler has not heard for a while.

        By this process's clock: the scheduler's machine may have another time.
        """
        now, limit = time.monotonic(), self.settings["silence"]
        if now - self.looked > limit:
            # This process was stopped itself.
            self.heard = {}
        self.looked = now
        heard = {}
        for address, worker in workers.items():
            seen, since = self.heard.get(address, (None, now))
            heard[address] = (seen, since) if seen == worker["last_seen"] else (worker["last_seen"], now)
        self.heard = heard
        return [address for address, worker in workers.items()
                if worker["resources"].get(self.session) and now - heard[address][1] > limit]

    async def give_up(self, address, worker):
        """Has the scheduler give the work of a silent worker to others; its nanny starts another one."""
        state = self.known_states.get(address, {})
        await self.send({
            "event": "idle", "worker": state.get("place", address),
            "reason": f"it has been silent for {self.settings['silence']:g} s"})
        stimulus = f"{self.session}-silent-{address}"
        await asyncio.wait_for(
            self.client.scheduler.unregister(address=address, stimulus_id=stimulus), 10)
        if self.cluster:
            for nanny in self.cluster.workers.values():
                if nanny.worker_address == address and nanny.pid:
                    os.kill(nanny.pid, signal.SIGKILL)

    async def tell_idle(self, addresses):
        """Says once for each worker why it gets no work."""
        fresh = [address for address in addresses if address not in self.known_states]
        if not addresses or not (fresh or self.refusals_may_be_new()):
            return
        self.checked = time.monotonic()
        self.known_states = {a: state for a, state in self.known_states.items() if a in addresses}
        asked = self.client.run(states, self.session, workers=addresses, on_error="return")
        try:
            found = await asyncio.wait_for(asked, 5)
        except asyncio.TimeoutError:
            # One of them has stopped; the scheduler will notice.
            return
        for address, state in sorted(found.items()):
            if not isinstance(state, dict):
                state = {"error": str(state)}
            if state == self.known_states.get(address):
                continue
            self.known_states[address] = state
            reason = self.reason(state)
            if reason and state.get("place") not in self.refusing:
                await self.send({"event": "idle", "worker": state.get("place", address), "reason": reason})

    async def tell_refusal(self, failure):
        """Says once for each worker that it has other data or models."""
        if failure["worker"] not in self.refusing:
            self.refusing.add(failure["worker"])
            await self.send({"event": "idle", "worker": failure["worker"], "reason": failure["message"]})

    checked = 0.0

    def refusals_may_be_new(self):
        return time.monotonic() - self.checked > 10

    def reason(self, state):
        if "error" in state:
            return state["error"]
        if "refusal" in state:
            return state["refusal"]
        if self.settings["type"] not in ("", state["type"]):
            return "another type of machine: " + state["machine"]
        return ""

    async def watch(self):
        """Ends the run if there is no worker for a while."""
        idle_since, first, told = time.monotonic(), True, -1
        while True:
            try:
                slots, addresses = await self.slots()
                await self.tell_idle(addresses)
            except Exception as error:
                raise Lost(unanswered(error))
            if slots:
                idle_since = time.monotonic()
                if slots != told:
                    event = "ready" if first else "slots"
                    await self.send({
                        "event": event, "slots": slots, "workers": len(addresses),
                        "dashboard": self.client.dashboard_link if first else ""})
                    first, told = False, slots
            elif told != 0:
                told = 0
                if not first:
                    await self.send({"event": "slots", "slots": 0, "workers": len(addresses)})
            if not slots and time.monotonic() - idle_since > self.settings["timeout"]:
                raise Lost(self.no_worker(addresses))
            await asyncio.sleep(1 if told > 0 else 0.2)

    def no_worker(self, addresses):
        wait = f"for {self.settings['timeout']:g} s"
        if not addresses:
            return f"it has had no workers {wait}"
        reasons = sorted({self.reason(state) for state in self.known_states.values()} - {""})
        return f"none of its {len(addresses)} workers could do the work {wait}: " + "; ".join(reasons[:3])

    def blob(self, sha, data):
        if sha not in self.blobs:
            self.blobs[sha] = self.client.submit(
                keep, data, key="fgl-sim-bytes-" + sha, priority=10, retries=5,
                resources={self.session: CRUMB})

    def submit(self, header, text):
        key = header["job"]["key"]
        self.tasks[key] = asyncio.ensure_future(self.run(key, header, text))

    def cancel(self, key):
        task = self.tasks.pop(key, None)
        if task:
            task.cancel()

    async def run(self, key, header, text):
        """Submits a piece of work, again where it fails, and sends what comes of it."""
        tried, number, refusals = [], header["first"], 0
        while True:
            name = key if number == 1 else f"{key}-{number}"
            future = None
            try:
                future = self.client.submit(
                    perform, self.session, header["job"], text, header["names"],
                    *[self.blobs[sha] for sha in header["names"]], key=name,
                    resources={self.session: 1}, priority=header.get("priority", 0))
                await self.end(of=future)
                # Few results are in memory at a time.
                async with self.gate:
                    *bodies, reply = await self.result(future)
                starts = self.starts.pop(key, [])
                await self.send(dict(
                    reply, event="done", key=key, worker=reply["place"],
                    attempts=max(1, len(starts), number)), bodies)
                self.tasks.pop(key, None)
                return
            except asyncio.CancelledError as error:
                if key not in self.tasks or self.is_closing:
                    raise
                failure = {"worker": "the scheduler", "message": f"has dropped it: {error}"}
                await self.require_scheduler()
            except Exception as error:
                failure = self.described(error, key)
                # What a worker has not said may be the scheduler's end, which is no failure of the work.
                if not str(error).startswith(FAILURE):
                    await self.require_scheduler()
            finally:
                if future is not None:
                    future.release()
            if failure.pop("lacks_bytes", False) and self.settings["shared"]:
                # fgl-sim looks what has become of its files, and comes again.
                self.tasks.pop(key, None)
                await self.send(dict(failure, event="lacks", key=key, attempts=number))
                return
            number += 1
            if failure.pop("refused", False):
                refusals += 1
                await self.tell_refusal(failure)
                if refusals < 1000:
                    continue
            tried.append(failure)
            if len(tried) == TRIES:
                self.tasks.pop(key, None)
                await self.send({"event": "failed", "key": key, "tried": tried})
                return

    async def require_scheduler(self):
        """Ends the run where the scheduler does not answer."""
        try:
            await self.identity()
        except Exception as error:
            await self.send({"event": "lost", "reason": unanswered(error)})
            # Nothing more comes of this work.
            await asyncio.Event().wait()

    async def result(self, future):
        """The result of a task that has ended, from its worker itself where workers can be reached from here."""
        if future.status != "finished":
            return await future
        if self.direct is None:
            self.direct = await self.reaches_workers()
            if not self.direct:
                await self.send({"event": "relayed"})
        return await self.client.gather(future, direct=self.direct)

    async def reaches_workers(self):
        async def answers(address):
            try:
                await asyncio.wait_for(self.client.rpc(address).identity(), REACH_S)
                return True
            except Exception:
                return False

        # One that has just gone says nothing of the others; of those behind a wall, none answers.
        some = sorted(self.able)[:3]
        return any(await asyncio.gather(*(answers(address) for address in some)))

    async def end(self, of):
        """Waits for the end of a task without fetching its result."""
        from distributed import wait

        await wait([of])

    def described(self, error, key):
        if str(error).startswith(FAILURE):
            return json.loads(str(error)[len(FAILURE):])
        places = self.starts.get(key) or ["a worker"]
        if type(error).__name__ == "KilledWorker":
            return {"worker": places[-1], "message": "workers died at it again and again"}
        return {"worker": places[-1], "message": f"{type(error).__name__}: {error}"}

    async def serve(self, frames):
        """Does what fgl-sim says until it closes."""
        while True:
            header, bodies = await frames.get()
            if header is None or header["op"] == "close":
                return
            if header["op"] == "bytes":
                self.blob(header["sha256"], bytes(bodies[0]))
            elif header["op"] == "release":
                future = self.blobs.pop(header["sha256"], None)
                if future is not None:
                    future.release()
            elif header["op"] == "submit":
                self.submit(header, bytes(bodies[0]))
            elif header["op"] == "cancel":
                self.cancel(header["key"])

    async def close(self):
        self.is_closing = True
        for task in list(self.tasks.values()):
            task.cancel()
        try:
            if hasattr(self.client, "unregister_worker_plugin") and not self.cluster:
                await asyncio.wait_for(self.client.unregister_worker_plugin(self.session), 10)
            await asyncio.wait_for(self.client.close(timeout=5), 10)
            if self.cluster:
                await asyncio.wait_for(self.cluster.close(timeout=5), 10)
        except Exception:
            pass


async def main(source, sink):
    loop = asyncio.get_running_loop()
    frames, lock = asyncio.Queue(), asyncio.Lock()

    def listen():
        while True:
            try:
                frame = read_frame(source)
            except (OSError, ValueError):
                frame = (None, [])
            loop.call_soon_threadsafe(frames.put_nowait, frame)
            if frame[0] is None:
                return

    async def send(header, bodies=()):
        async with lock:
            await loop.run_in_executor(None, write_frame, sink, header, bodies)

    threading.Thread(target=listen, daemon=True).start()
    settings, _ = await frames.get()
    if settings is None:
        return

    async def beat():
        while True:
            await send({"event": "alive"})
            await asyncio.sleep(BEAT_S)

    beating = asyncio.ensure_future(beat())
    bridge = Bridge(settings, send)
    try:
        await bridge.connect()
    except Exception as error:
        await send({"event": "lost", "reason": str(error) or type(error).__name__})
        return
    serving = asyncio.ensure_future(bridge.serve(frames))
    watching = asyncio.ensure_future(bridge.watch())
    try:
        await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            await send({"event": "lost", "reason": str(watching.exception())})
    finally:
        beating.cancel()
        watching.cancel()
        serving.cancel()
        await bridge.close()


def start():
    # Ctrl-C is for fgl-sim, which says what becomes of the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever is printed must not get between the frames.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    widen(sys.stdin)
    widen(sink)
    import logging
    import warnings

    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    try:
        import distributed
    except ImportError as error:
        write_frame(sink, {"event": "missing", "reason": str(error), "python": sys.executable})
        return
    try:
        asyncio.run(main(sys.stdin.buffer, sink))
    except BrokenPipeError:
        pass
    # Threads of Dask must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    start()
