"""FedAvg by Flower's simulation on Ray: two workers of one processor each.

Usage: federation_flower.py FOLDER CLIENTS ROUNDS
"""
import json
import os
import sys
import time

os.environ.setdefault("FLWR_TELEMETRY_ENABLED", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ["PYTHONPATH"] = os.pathsep.join([sys.path[0], os.environ.get("PYTHONPATH", "")])
import torch
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg
from flwr.simulation import run_simulation

import images
from resnet import resnet18

folder, clients, rounds = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
curve = []
client_app, server_app = ClientApp(), ServerApp()


@client_app.train()
def train(message, context):
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    pixels, labels = images.load_once(folder, "train")
    client = int(context.node_config["partition-id"])
    share = images.shares(len(labels), clients)[client]
    model = resnet18()
    model.load_state_dict(message.content["arrays"].to_torch_state_dict())
    model = model.to(memory_format=torch.channels_last)
    images.train(model, pixels, labels, share, client)
    content = RecordDict({"arrays": ArrayRecord(model.state_dict()),
                          "metrics": MetricRecord({"num-examples": len(share)})})
    return Message(content=content, reply_to=message)


@server_app.main()
def main(grid, context):
    torch.manual_seed(0)
    torch.set_num_threads(2)
    pixels, labels = images.load(folder, "test")

    def evaluate(round, arrays):
        model = resnet18()
        model.load_state_dict(arrays.to_torch_state_dict())
        curve.append(images.accuracy(model.to(memory_format=torch.channels_last), pixels, labels))
        return MetricRecord({"accuracy": curve[-1]})

    strategy = FedAvg(fraction_evaluate=0, min_evaluate_nodes=0, min_train_nodes=clients, min_available_nodes=clients)
    result = strategy.start(grid=grid, initial_arrays=ArrayRecord(resnet18().state_dict()), num_rounds=rounds,
                            evaluate_fn=evaluate)
    if len(result.train_metrics_clientapp) != rounds:
        curve.clear()


start = time.perf_counter()
run_simulation(server_app=server_app, client_app=client_app, num_supernodes=clients,
               backend_config={"init_args": {"num_cpus": 2}, "client_resources": {"num_cpus": 1, "num_gpus": 0}})
if not curve:
    sys.exit("clients of Flower have failed; see above")
print(json.dumps({"peer": "flower", "clients": clients, "rounds": rounds,
                  "wall_s": round(time.perf_counter() - start, 2), "accuracy": curve}))
