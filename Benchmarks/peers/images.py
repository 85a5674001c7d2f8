"""CIFAR-10 as a folder of JPEG files, decoded once; and what FedAvg does at a client."""
import functools
import os

import numpy
import torch
from PIL import Image
from torch import nn


def load(folder, part):
    classes = sorted(os.listdir(os.path.join(folder, part)))
    pixels, labels = [], []
    for label, name in enumerate(classes):
        place = os.path.join(folder, part, name)
        for file in sorted(os.listdir(place)):
            pixels.append(numpy.asarray(Image.open(os.path.join(place, file)).convert("RGB")))
            labels.append(label)
    images = torch.from_numpy(numpy.stack(pixels)).permute(0, 3, 1, 2).float().mul_(1 / 127.5).sub_(1)
    return images.contiguous(memory_format=torch.channels_last), torch.tensor(labels)


@functools.cache
def load_once(folder, part):
    """As `load`, once in a process: a worker of Flower's is many clients."""
    return load(folder, part)


def shares(count, clients):
    order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
    return [order[client::clients] for client in range(clients)]


def optimizer(model):
    return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)


def train(model, images, labels, share, seed, sgd=None, stepped=lambda: None):
    """An epoch in batches of 32, the ragged last batch left out; without `sgd`, its momentum starts at zero."""
    generator = torch.Generator().manual_seed(seed)
    sgd = sgd or optimizer(model)
    loss_of = nn.CrossEntropyLoss()
    model.train()
    order = share[torch.randperm(len(share), generator=generator)]
    for start in range(0, len(order) - 31, 32):
        chosen = order[start:start + 32]
        sgd.zero_grad(set_to_none=True)
        loss_of(model(images[chosen]), labels[chosen]).backward()
        sgd.step()
        stepped()


@torch.no_grad()
def accuracy(model, images, labels):
    model.eval()
    right = sum((model(images[i:i + 250]).argmax(1) == labels[i:i + 250]).sum().item()
                for i in range(0, len(labels), 250))
    return right / len(labels)
