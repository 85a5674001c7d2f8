"""FedAvg by pfl in one process of two threads.

Usage: federation_pfl.py FOLDER CLIENTS ROUNDS
"""
import json
import sys
import time

import torch
from pfl.aggregate.simulate import SimulatedBackend
from pfl.algorithm.federated_averaging import FederatedAveraging
from pfl.algorithm.base import NNAlgorithmParams
from pfl.callback.base import TrainingProcessCallback
from pfl.data.dataset import Dataset
from pfl.data.federated_dataset import FederatedDataset
from pfl.hyperparam import NNEvalHyperParams, NNTrainHyperParams
from pfl.metrics import Weighted
from pfl.model.pytorch import PyTorchModel

import images
from resnet import resnet18

folder, clients, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
start = time.perf_counter()
torch.set_num_threads(2)
torch.set_flush_denormal(True)
torch.manual_seed(0)


class Classifier(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.network = resnet18().to(memory_format=torch.channels_last)

    def loss(self, pixels, labels, eval=False):
        self.train()
        return torch.nn.functional.cross_entropy(self.network(pixels), labels)

    @torch.no_grad()
    def metrics(self, pixels, labels, eval=True):
        self.eval()
        right = (self.network(pixels).argmax(1) == labels).sum().item()
        return {"accuracy": Weighted(right, len(labels))}


pixels, labels = images.load(folder, "train")
test = images.load(folder, "test")
shares = images.shares(len(labels), clients)


def dataset(client):
    # Whole batches only, as the others have them.
    share = shares[client][:len(shares[client]) // 32 * 32]
    return Dataset((pixels[share], labels[share]), user_id=str(client))


turn = iter(list(range(clients)) * rounds)
federated = FederatedDataset(dataset, lambda: next(turn))
module = Classifier()
model = PyTorchModel(module, lambda parameters, lr: torch.optim.SGD(parameters, lr=lr, momentum=0.9, weight_decay=1e-4),
                     central_optimizer=torch.optim.SGD(module.parameters(), lr=1.0))
backend = SimulatedBackend(training_data=federated, val_data=None)
parameters = NNAlgorithmParams(central_num_iterations=rounds, evaluation_frequency=1, train_cohort_size=clients,
                               val_cohort_size=0)
curve = []


class AfterRound(TrainingProcessCallback):
    """Evaluates the global model on the test images."""

    def after_central_iteration(self, aggregate_metrics, model, *, central_iteration):
        curve.append(images.accuracy(module.network, *test))
        return False, type(aggregate_metrics)()


FederatedAveraging().run(
    algorithm_params=parameters, backend=backend, model=model,
    model_train_params=NNTrainHyperParams(local_num_epochs=1, local_learning_rate=0.01, local_batch_size=32),
    model_eval_params=NNEvalHyperParams(local_batch_size=250), callbacks=[AfterRound()])
print(json.dumps({"peer": "pfl", "clients": clients, "rounds": rounds,
                  "wall_s": round(time.perf_counter() - start, 2), "accuracy": curve}))
