"""What PyTorch makes of the classifiers' weights that follow a formula, and TorchScript files, good and bad.

    python classifiers.py      writes classifiers/classifiers.json and classifiers/*.pt

Tensor p, element i, with u = sin(43758.5453 sin(12.9898 i + p)): weights 2 u / sqrt(fan in); scales and running
variances 1 + 0.1 u; shifts 0.1 u; running means 0.05 u. Element i of the images is u with p = 1000. The label of image n
is 3 n mod classes. Three steps of SGD, momentum 0.9, decay 1e-4. Made with torch 2.13, no torchvision; the
files are in format 3, which libtorch 1.13 reads.
"""
import io
import json
import zipfile
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

HERE = Path(__file__).resolve().parent / "classifiers"


def batch(channels):
    return nn.BatchNorm2d(channels)


def group(groups):
    return lambda channels: nn.GroupNorm(groups, channels)


class Block(nn.Module):
    """torchvision's BasicBlock or Bottleneck, by its names."""

    def __init__(self, inputs, width, stride, bottleneck, norm):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        if bottleneck:
            shapes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)]
        else:
            shapes = [(inputs, width, 3, stride), (width, width, 3, 1)]
        for k, (i, o, kernel, step) in enumerate(shapes, 1):
            setattr(self, f"conv{k}", nn.Conv2d(i, o, kernel, step, kernel // 2, bias=False))
            setattr(self, f"bn{k}", norm(o))
        self.count = len(shapes)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), norm(outputs))

    def forward(self, x):
        y = x
        for k in range(1, self.count + 1):
            y = getattr(self, f"bn{k}")(getattr(self, f"conv{k}")(y))
            if k < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, blocks, bottleneck, norm, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = norm(64)
        inputs = 64
        for stage, width in enumerate([64, 128, 256, 512]):
            layers = []
            for index in range(blocks[stage]):
                layers.append(Block(inputs, width, 2 if stage > 0 and index == 0 else 1, bottleneck, norm))
                inputs = 4 * width if bottleneck else width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = getattr(self, f"layer{stage}")(x)
        return self.fc(x.mean([2, 3]))


class CNN(nn.Module):
    """McMahan et al., arXiv 1602.05629."""

    def __init__(self, classes, side, channels=3):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 32, 5, padding=2)
        self.conv2 = nn.Conv2d(32, 64, 5, padding=2)
        self.fc1 = nn.Linear(64 * (side // 4) ** 2, 512)
        self.fc2 = nn.Linear(512, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc2(F.relu(self.fc1(x.flatten(1))))


class Tiny(nn.Module):
    def __init__(self, classes, norm):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 2, 1, bias=False)
        self.bn1 = norm(16)
        self.conv2 = nn.Conv2d(16, 32, 3, 2, 1, bias=False)
        self.bn2 = norm(32)
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.fc(x.mean([2, 3]))


def uniform(count, p):
    i = torch.arange(count, dtype=torch.float64)
    return torch.sin(torch.sin(i * 12.9898 + p) * 43758.5453)


def fill(model):
    with torch.no_grad():
        for p, (name, tensor) in enumerate(model.state_dict().items()):
            if name.endswith("num_batches_tracked"):
                continue
            u = uniform(tensor.numel(), p)
            if tensor.dim() > 1:
                u = u * (2 / (tensor.numel() / tensor.shape[0]) ** 0.5)
            elif name.endswith("running_mean"):
                u = u * 0.05
            elif name.endswith("bias"):
                u = u * 0.1
            else:
                u = u * 0.1 + 1
            tensor.copy_(u.reshape(tensor.shape).float())
    return model


def case(identity, model, side, classes, channels=3, count=6, rate=0.01):
    fill(model)
    images = uniform(count * channels * side * side, 1000).float().reshape(count, channels, side, side)
    labels = torch.tensor([3 * n % classes for n in range(count)])
    model.eval()
    with torch.no_grad(), FlopCounterMode(display=False) as flops:
        logits = model(images)
    state = [f"{name} {list(tensor.shape)}" for name, tensor in model.state_dict().items()]
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9, weight_decay=1e-4)
    losses, gradients = [], []
    for step in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        if step == 0:
            gradients = [round(p.grad.norm().item(), 7) for p in model.parameters()]
        optimizer.step()
        losses.append(loss.item())
    return {
        "identity": identity, "rate": rate, "side": side, "classes": classes, "state": state,
        "parameters": sum(p.numel() for p in model.parameters()),
        "operations": flops.get_total_flops() // count,
        "logits": [round(x, 6) for x in logits.flatten().tolist()], "losses": losses, "gradients": gradients}


class Module(nn.Module):
    """For TorchScript: layers and names that no built-in classifier has."""

    def __init__(self, classes=4, dropout=0.0):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1), nn.BatchNorm2d(8), nn.SiLU())
        self.scale = nn.Parameter(torch.ones(8))
        self.query = nn.Linear(8, 8)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(8, classes)

    def forward(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2) * self.scale
        x = torch.softmax(torch.bmm(self.query(x), x.transpose(1, 2)), -1) @ x
        return self.head(self.drop(x.mean(1)))


class Plain(nn.Module):
    """A linear layer of the channel means, with something wrong."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.fc = nn.Linear(3, 4, dtype=torch.float64 if kind == "float64" else torch.float32)
        if kind == "buffer":
            self.register_buffer("table", torch.arange(4))
        if kind == "shared":
            self.other = nn.Linear(3, 4)
            self.other.weight = self.fc.weight
        if kind == "frozen":
            self.fc.requires_grad_(False)

    def forward(self, x):
        y = x.mean([2, 3])
        if self.kind == "float64":
            return self.fc(y.double()).float()
        if self.kind == "shape":
            return self.fc(y).sum(1)
        if self.kind == "input":
            return self.fc(x.flatten(1))
        if self.kind == "detached":
            return self.fc(y).detach()
        return self.fc(y)


class Pair(Plain):
    def forward(self, x):
        y = self.fc(x.mean([2, 3]))
        return y, y


def save(name, module, version=None):
    """Without the files that only a debugger reads."""
    buffer = io.BytesIO()
    torch.jit.save(module, buffer)
    with zipfile.ZipFile(buffer) as source, zipfile.ZipFile(HERE / f"{name}.pt", "w") as target:
        for item in source.infolist():
            if item.filename.endswith(".debug_pkl"):
                continue
            data = source.read(item.filename)
            if version is not None and item.filename.endswith("/version"):
                data = f"{version}\n".encode()
            target.writestr(zipfile.ZipInfo(item.filename.replace(item.filename.split("/")[0], name, 1)), data)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    cases = [
        case("resnet/1 depth=50 classes=10 norm=batch", ResNet([3, 4, 6, 3], True, batch, 10), 64, 10, rate=1e-4),
        case("resnet/1 depth=18 classes=10 norm=group-2", ResNet([2, 2, 2, 2], False, group(2), 10), 32, 10),
        case("resnet/1 depth=18 classes=10 norm=group-32", ResNet([2, 2, 2, 2], False, group(32), 10), 32, 10),
        case("cnn/1 classes=10 side=28 channels=1", CNN(10, 28, 1), 28, 10, channels=1),
        case("cnn/1 classes=10 side=32 channels=3", CNN(10, 32), 32, 10),
        case("tiny/1 classes=10 norm=batch", Tiny(10, batch), 16, 10),
        case("tiny/1 classes=10 norm=group-2", Tiny(10, group(2)), 16, 10),
        case("torchscript", Module(), 16, 4),
    ]
    text = ",\n".join(json.dumps(c) for c in cases)
    (HERE / "classifiers.json").write_text(f"[{text}]\n")
    scripted = fill(Module())
    save("module", torch.jit.script(scripted))
    save("later-version", torch.jit.script(Plain("")), version=99)
    save("dropout", torch.jit.script(fill(Module(dropout=0.5))))
    for kind in ["float64", "shape", "input", "detached", "buffer", "shared", "frozen"]:
        save(kind, torch.jit.script(Plain(kind)))
    save("plain", torch.jit.script(Plain("")))
    save("pair", torch.jit.script(Pair("")))
    torch.save(scripted.state_dict(), HERE / "state-dict.pt")


main()
