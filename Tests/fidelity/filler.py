"""Keeps the devices' core busy: trains whenever no other program wants the core (Quotas.let_idle).

It trains ten models in turn, so that caches keep as little of a device's model with two devices as with ten.
"""
import os

import torch

from learning import CNN, Hyperparameters, Images, train
from process import Reporter


def main() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    images = Images(torch.zeros(16, 3, 16, 16), torch.zeros(16, dtype=torch.long))
    models = [CNN(10, 16, seed) for seed in range(10)]
    settings = Hyperparameters(16, 0.01, 0.9, 1e-4)
    Reporter().wait_for_start()
    while True:
        for model in models:
            train(model, images, 1, settings, seed=0)


main()
