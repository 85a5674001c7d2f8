"""Centralized training of ResNet-18 by PyTorch, one thread: the accuracy after each epoch.

Usage: curve_pytorch.py FOLDER EPOCHS SEED
"""
import json
import math
import sys

import torch
from torch import nn

import images
from resnet import resnet18

folder, epochs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(seed)
model = resnet18().to(memory_format=torch.channels_last)
for module in model.modules():
    # torchvision's start, which is fgl-sim's.
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
train, labels = images.load(folder, "train")
test, answers = images.load(folder, "test")
sgd = images.optimizer(model)
steps = epochs * (len(labels) // 32)
rate = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
curve = []
for epoch in range(epochs):
    images.train(model, train, labels, torch.arange(len(labels)), 1000 * seed + epoch, sgd, rate.step)
    curve.append(images.accuracy(model, test, answers))
print(json.dumps({"peer": "pytorch", "seed": seed, "accuracy": curve}))
