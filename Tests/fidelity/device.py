"""A client of the real federation: `device.py PLAN.json NUMBER` follows the server's orders."""
import copy
import os
import socket
import sys
import time
from pathlib import Path

import torch

from learning import CNN, Images, sheet_images, train
from links import SERVER
from process import PORT, Plan, Reporter
from quotas import keep_core
from wire import (DESCRIBE, ORDER, RECEIVE, REQUEST, STOP, TRAIN, UPLOAD, WANT_ORDER, decode_state,
                  encode_prompts, encode_state, receive, widen)


class Device:
    """A client with its images."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.number = plan, number
        self.counts = plan.counts[number]
        first = [sum(column) for column in zip([0] * len(self.counts), *plan.counts[:number])]
        self.images: Images = sheet_images(Path(plan.sheet), plan.side, first, self.counts)
        self.model = CNN(len(plan.classes), plan.side, plan.seed)
        # The first steps of a process are slow, and no part of a device's speed.
        train(copy.deepcopy(self.model), self.images, 1, plan.settings, seed=0)
        self.reporter = Reporter()

    def request(self, what: int, round: int, body: bytes = b"") -> socket.socket:
        """A new connection with a request on it."""
        sock = socket.socket()
        widen(sock)
        sock.connect((SERVER, PORT))
        sock.sendall(REQUEST.pack(self.number, what, round, len(body)) + body)
        return sock

    def serve(self) -> None:
        """Follows the server's orders. The next connection is there before an order is carried out."""
        line = self.request(WANT_ORDER, 0)
        while True:
            action, round, count = ORDER.unpack(receive(line, ORDER.size))
            body = receive(line, count)
            arrived = time.monotonic()
            line.close()
            if action == STOP:
                return
            if count > 0:
                method = "fedavg" if action == TRAIN else "fgl-one-shot"
                self.reporter.event("download-end", method, round, self.number, arrived, bytes=count)
            line = self.request(WANT_ORDER, 0)
            if action == TRAIN:
                self.upload("fedavg", round, self.trained(round, body, arrived))
            elif action == DESCRIBE:
                self.upload("fgl-one-shot", round, encode_prompts(self.counts, self.plan.classes))
            elif action != RECEIVE:
                raise ValueError(f"order {action}")

    def trained(self, round: int, body: bytearray, arrived: float) -> bytes:
        """The model after local training. Reading and writing its file belong to the work, as in fgl-sim."""
        cpu = time.process_time()
        self.reporter.event("train-start", "fedavg", round, self.number, arrived)
        state, _ = decode_state(body)
        self.model.load_state_dict(state)
        seed = self.plan.seed + 1000 * round + self.number
        train(self.model, self.images, self.plan.epochs, self.plan.settings, seed)
        result = encode_state(self.model.state_dict(), samples=len(self.images.labels))
        self.reporter.event("train-end", "fedavg", round, self.number, cpu=time.process_time() - cpu)
        return result

    def upload(self, method: str, round: int, body: bytes) -> None:
        """Sends a body on a connection of its own, and waits until the server has it."""
        self.reporter.event("upload-start", method, round, self.number)
        with self.request(UPLOAD, round, body) as sock:
            sock.recv(1)


def main() -> None:
    # The last core is the devices' own.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    keep_core(milliseconds=20)
    torch.set_num_threads(1)
    device = Device(Plan.read(Path(sys.argv[1])), int(sys.argv[2]))
    device.reporter.wait_for_start()
    device.serve()


main()
