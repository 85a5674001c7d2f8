"""The server of the real federation: FedAvg, then FGL's one-shot method. `server.py PLAN.json`"""
import copy
import os
import socket
import sys
import threading
import time
from pathlib import Path

import torch

from learning import CNN, accuracy, folder_images, sheet_images, train
from links import SERVER
from process import PORT, Plan, Reporter
from wire import DESCRIBE, ORDER, RECEIVE, REQUEST, STOP, TRAIN, WANT_ORDER, decode_state, encode_state
from wire import receive, widen


class Mailbox:
    """Connections of clients that want orders, and what clients have uploaded."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.method = "fedavg"
        self._changed = threading.Condition()
        self._waiting: "dict[int, socket.socket]" = {}
        self._uploads: "dict[int, bytearray]" = {}
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        widen(self._listener)
        self._listener.bind((SERVER, PORT))
        self._listener.listen(500)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            sock = self._listener.accept()[0]
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        client, what, round, count = REQUEST.unpack(receive(sock, REQUEST.size))
        if what == WANT_ORDER:
            with self._changed:
                self._waiting[client] = sock
                self._changed.notify_all()
            return
        body = receive(sock, count)
        self.reporter.event("upload-end", self.method, round, client, bytes=count)
        sock.close()
        with self._changed:
            self._uploads[client] = body
            self._changed.notify_all()

    def order(self, clients: int, action: int, round: int, body: bytes = b"", begins: bool = False) -> None:
        """Sends all clients an order, side by side, once all of them wait for one.

        `begins` says that the round begins with it.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) == clients)
            lines, self._waiting = self._waiting, {}
        start = time.monotonic()
        if begins:
            self.reporter.event("round-start", self.method, round, at=start)
        for client in sorted(lines) if body else []:
            self.reporter.event("download-start", self.method, round, client, start)
        header = ORDER.pack(action, round, len(body))

        def send(sock: socket.socket) -> None:
            with sock:
                sock.sendall(header + body)

        senders = [threading.Thread(target=send, args=(sock,)) for sock in lines.values()]
        for each in senders:
            each.start()
        for each in senders:
            each.join()

    def collect(self, clients: int) -> "list[bytearray]":
        """What each client has uploaded, by its number, once all have."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._uploads) == clients)
            uploads, self._uploads = self._uploads, {}
        return [uploads[client] for client in sorted(uploads)]


def average(bodies: "list[bytearray]") -> "dict[str, torch.Tensor]":
    """The mean of the models, weighted by their numbers of images."""
    states = [decode_state(body) for body in bodies]
    total = sum(samples for _, samples in states)
    mean: "dict[str, torch.Tensor]" = {}
    for state, samples in states:
        for name, tensor in state.items():
            mean.setdefault(name, torch.zeros_like(tensor)).add_(tensor, alpha=samples / total)
    return mean


def main() -> None:
    # The first core is the server's, as the last is the devices'.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    plan, reporter = Plan.read(Path(sys.argv[1])), Reporter()
    clients, classes = len(plan.counts), len(plan.classes)
    initial = CNN(classes, plan.side, plan.seed)
    model = copy.deepcopy(initial)
    synthetic = folder_images(Path(plan.synthetic) / "train", plan.classes)
    train(copy.deepcopy(initial), synthetic, 1, plan.settings, seed=0)
    held = [sum(column) for column in zip(*plan.counts)]
    test = sheet_images(Path(plan.sheet), plan.side, held, [plan.tests] * classes)
    mailbox = Mailbox(reporter)
    reporter.wait_for_start()

    body = encode_state(model.state_dict())
    for round in range(1, plan.rounds + 1):
        mailbox.order(clients, TRAIN, round, body, begins=True)
        bodies = mailbox.collect(clients)
        reporter.event("average-start", mailbox.method, round)
        model.load_state_dict(average(bodies))
        body = encode_state(model.state_dict())
        reporter.event("average-end", mailbox.method, round)
        reporter.event("round-end", mailbox.method, round)
    reporter.event("accuracy", mailbox.method, plan.rounds, value=accuracy(model, test))

    if plan.server_epochs > 0:
        mailbox.method = "fgl-one-shot"
        # The same again, as rounds: how long a single training takes varies by a tenth.
        for repeat in range(1, plan.repeats + 1):
            model = copy.deepcopy(initial)
            mailbox.order(clients, DESCRIBE, repeat, begins=True)
            mailbox.collect(clients)
            reporter.event("train-start", mailbox.method, repeat)
            train(model, synthetic, plan.server_epochs, plan.settings, plan.seed)
            body = encode_state(model.state_dict(), samples=len(synthetic.labels))
            reporter.event("train-end", mailbox.method, repeat)
            mailbox.order(clients, RECEIVE, repeat, body)
        reporter.event("accuracy", mailbox.method, 1, value=accuracy(model, test))
    mailbox.order(clients, STOP, 0)


main()
