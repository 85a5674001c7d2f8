"""What the processes of the real federation learn: images, the network of FedAvg's paper, training."""
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from PIL import Image
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Hyperparameters:
    """Those of a training; a ragged last batch is left out where there is a full one, as in fgl-sim."""

    batch: int
    learning_rate: float
    momentum: float
    weight_decay: float


class CNN(nn.Module):
    """The network of McMahan et al., arXiv 1602.05629: fgl-sim's `model.kind: cnn`, with its names."""

    def __init__(self, classes: int, side: int, seed: int) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.conv1 = nn.Conv2d(3, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(64 * (side // 4) ** 2, 512)
        self.fc2 = nn.Linear(512, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits [N, classes] of images [N, 3, side, side]."""
        features = functional.max_pool2d(functional.relu(self.conv1(images)), 2)
        features = functional.max_pool2d(functional.relu(self.conv2(features)), 2)
        logits: torch.Tensor = self.fc2(functional.relu(self.fc1(features.flatten(1))))
        return logits


@dataclass(frozen=True)
class Images:
    """Scaled pixels [N, 3, side, side] and labels [N]."""

    pixels: torch.Tensor
    labels: torch.Tensor


def _scaled(image: Image.Image) -> torch.Tensor:
    """Pixels of mean 0.5 and deviation 0.5, channels first."""
    array = numpy.asarray(image.convert("RGB"), dtype=numpy.float32)
    return torch.from_numpy(array).permute(2, 0, 1) / 127.5 - 1


def sheet_images(path: Path, side: int, first: "list[int]", counts: "list[int]") -> Images:
    """Images of a contact sheet of `fgl-sim world`: of each row, `counts[label]` from column `first[label]`.

    The sheet has a margin of two pixels around each image.
    """
    sheet, step = _scaled(Image.open(path)), side + 2
    pixels, labels = [], []
    for label, (start, count) in enumerate(zip(first, counts)):
        for column in range(start, start + count):
            top, left = 2 + label * step, 2 + column * step
            pixels.append(sheet[:, top:top + side, left:left + side])
            labels.append(label)
    return Images(torch.stack(pixels), torch.tensor(labels))


def folder_images(folder: Path, classes: "list[str]") -> Images:
    """The images of a folder with one for each class, as `fgl-sim synthesize` writes it."""
    files = [(label, file) for label, name in enumerate(classes)
             for file in sorted((folder / name).glob("*.png"))]
    pixels = [_scaled(Image.open(file)) for _, file in files]
    return Images(torch.stack(pixels), torch.tensor([label for label, _ in files]))


def train(model: CNN, images: Images, epochs: int, settings: Hyperparameters, seed: int) -> None:
    """Stochastic gradient descent on batches in an order drawn from `seed`."""
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        model.parameters(), lr=settings.learning_rate, momentum=settings.momentum,
        weight_decay=settings.weight_decay)
    count = len(images.labels)
    size = min(settings.batch, count)
    for _ in range(epochs):
        shuffled = torch.randperm(count, generator=order)
        for step in range(count // size):
            chosen = shuffled[step * size:(step + 1) * size]
            loss = functional.cross_entropy(model(images.pixels[chosen]), images.labels[chosen])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def accuracy(model: CNN, images: Images) -> float:
    """The fraction of the images that the model classifies correctly."""
    with torch.no_grad():
        correct = model(images.pixels).argmax(1) == images.labels
    return float(correct.float().mean())
