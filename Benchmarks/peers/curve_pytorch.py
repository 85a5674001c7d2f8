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
sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
steps = epochs * (len(labels) // 32)
rate = torch.optim.lr_scheduler.LambdaLR(sgd, lambda step: 0.5 * (1 + math.cos(math.pi * step / steps)))
loss_of = nn.CrossEntropyLoss()
curve = []
for epoch in range(epochs):
    model.train()
    order = torch.randperm(len(labels))
    for start in range(0, len(order) - 31, 32):
        chosen = order[start:start + 32]
        sgd.zero_grad(set_to_none=True)
        loss_of(model(train[chosen]), labels[chosen]).backward()
        sgd.step()
        rate.step()
    curve.append(images.accuracy(model, test, answers))
print(json.dumps({"peer": "pytorch", "seed": seed, "accuracy": curve}))
