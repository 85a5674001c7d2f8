"""Centralized training of ResNet-18 by PyTorch, one thread: the accuracy after each epoch.

Usage: curve_pytorch.py FOLDER EPOCHS SEED
"""
import json
import sys

import torch

import images
from resnet import resnet18

folder, epochs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(seed)
model = resnet18().to(memory_format=torch.channels_last)
train, labels = images.load(folder, "train")
test, answers = images.load(folder, "test")
curve = []
for epoch in range(epochs):
    images.train(model, train, labels, torch.arange(len(labels)), 1000 * seed + epoch)
    curve.append(images.accuracy(model, test, answers))
print(json.dumps({"peer": "pytorch", "seed": seed, "accuracy": curve}))
