"""FedAvg as a bare PyTorch loop: two processes of one thread share the clients, nothing else is done.

Usage: federation_pytorch.py FOLDER CLIENTS ROUNDS
"""
import json
import os
import sys
import tempfile
import time

import torch
import torch.multiprocessing as processes

import images
from resnet import resnet18


def worker(number, folder, clients, rounds, orders, results):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    train, labels = images.load(folder, "train")
    shares = images.shares(len(labels), clients)
    model = resnet18().to(memory_format=torch.channels_last)
    while (order := orders.get()) is not None:
        turn, client, path = order
        model.load_state_dict(torch.load(path))
        images.train(model, train, labels, shares[client], 1000 * turn + client)
        place = f"{path}-{client}"
        torch.save(model.state_dict(), place)
        results.put((client, place))


def main():
    folder, clients, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    start = time.perf_counter()
    context = processes.get_context("spawn")
    orders, results = context.Queue(), context.Queue()
    pool = [context.Process(target=worker, args=(n, folder, clients, rounds, orders, results)) for n in range(2)]
    for process in pool:
        process.start()
    torch.set_num_threads(2)
    torch.manual_seed(0)
    model = resnet18().to(memory_format=torch.channels_last)
    test, labels = images.load(folder, "test")
    curve = []
    with tempfile.TemporaryDirectory() as place:
        for turn in range(rounds):
            path = os.path.join(place, f"global-{turn}")
            torch.save(model.state_dict(), path)
            for client in range(clients):
                orders.put((turn, client, path))
            total = None
            for _ in range(clients):
                _, file = results.get()
                state = torch.load(file)
                os.unlink(file)
                if total is None:
                    total = {name: value.double() for name, value in state.items()}
                else:
                    for name, value in state.items():
                        total[name] += value
            model.load_state_dict({name: (value / clients).to(model.state_dict()[name].dtype)
                                   for name, value in total.items()})
            curve.append(images.accuracy(model, test, labels))
        for _ in pool:
            orders.put(None)
        for process in pool:
            process.join()
    print(json.dumps({"peer": "pytorch loop", "clients": clients, "rounds": rounds,
                      "wall_s": round(time.perf_counter() - start, 2), "accuracy": curve}))


if __name__ == "__main__":
    main()
