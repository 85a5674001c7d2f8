"""What PyTorch comes to for DENSE's and Co-Boosting's losses and DENSE's generator, on weights that follow a formula.

    python dense.py      writes dense.safetensors

Two classifiers and a student, ResNet-18 with 10 classes at 16 pixels; phases 0, 1 and 2. Tensor p, element i: weights
sqrt(6 / fan in) u(i, p), u uniform in -1...1 by a hash; scales and running variances 1 + 0.1 sin(i + p), shifts 0.1 sin(i
+ p), running means 0.05 sin(i + p). Images are uniform too. Made with torch 2.13, no torchvision.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "Benchmarks/peers"))
from resnet import resnet18  # noqa: E402


class Generator(nn.Module):
    """That of DENSE's authors, with an output of -1 to 1."""

    def __init__(self, side, noise, width):
        super().__init__()
        self.edge = (side + 3) // 4
        self.entrance = nn.Linear(noise, 2 * width * self.edge ** 2)
        self.entrance_norm = nn.BatchNorm2d(2 * width)
        self.convolutions = nn.ModuleList([
            nn.ModuleDict({"conv": nn.Conv2d(2 * width, outputs, 3, padding=1, bias=False), "norm": nn.BatchNorm2d(outputs)})
            for outputs in (2 * width, width)])
        self.exit = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z):
        x = self.entrance_norm(self.entrance(z).view(z.shape[0], -1, self.edge, self.edge))
        for layer in self.convolutions:
            x = F.leaky_relu(layer["norm"](layer["conv"](F.interpolate(x, scale_factor=2))), 0.2)
        return torch.sigmoid(self.exit(x)) * 2 - 1


def sines(count, step, phase):
    return torch.sin(step * torch.arange(count, dtype=torch.float64) + phase)


def uniform(count, p):
    """In -1...1: Murmur's last steps on i + 2^20 p."""
    x = (np.arange(count, dtype=np.uint64) + (p << 20)) & 0xFFFFFFFF
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        x = ((x ^ (x >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return torch.tensor(x.astype(np.float64) / 2 ** 31 - 1)


def fill(model, phase=0):
    for p, (name, tensor) in enumerate(model.state_dict().items()):
        n = tensor.numel()
        if name.endswith("num_batches_tracked"):
            continue
        if tensor.dim() > 1:
            values = (6 * tensor.shape[0] / n) ** 0.5 * uniform(n, p + 1000 * phase)
        elif name.endswith("running_mean"):
            values = 0.05 * sines(n, 1, p)
        elif name.endswith("running_var") or name.endswith("weight"):
            values = 1 + 0.1 * sines(n, 1, p)
        else:
            values = 0.1 * sines(n, 1, p)
        tensor.copy_(values.reshape(tensor.shape))
    return model.eval().requires_grad_(False)


def kl(teacher, student, temperature=1.0):
    q, p = F.log_softmax(student / temperature, 1), F.softmax(teacher / temperature, 1)
    return F.kl_div(q, p, reduction="none").sum(1) * temperature ** 2


def distances(model, images):
    total, hooks = [], []

    def hook(module, inputs, output):
        mean = inputs[0].mean([0, 2, 3])
        variance = inputs[0].var([0, 2, 3], unbiased=False)
        total.append((module.running_mean - mean).norm() + (module.running_var - variance).norm())

    hooks = [m.register_forward_hook(hook) for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    logits = model(images)
    for h in hooks:
        h.remove()
    return logits, sum(total)


result = {}
with torch.no_grad():
    teachers, student = [fill(resnet18(), phase) for phase in (0, 1)], fill(resnet18(), 2)
images = uniform(6 * 3 * 16 * 16, 4000).float().reshape(6, 3, 16, 16).requires_grad_(True)
targets = torch.tensor([(3 * n) % 10 for n in range(6)])
answers = [distances(model, images) for model in teachers]
logits = sum(a[0] for a in answers) / 2
distance = sum(a[1] for a in answers) / 2
own = student(images)
differs = (logits.argmax(1) != own.argmax(1)).float()
boundary = (kl(logits, own) * differs).mean()
loss = F.cross_entropy(logits, targets) + 0.7 * distance - 0.5 * boundary
loss.backward()
result |= {"logits": logits, "student": own, "distance": distance, "boundary": boundary, "loss": loss,
           "gradient": images.grad, "differing": differs.sum(),
           "divergence": kl(logits, own).mean(), "divergence_20": kl(logits, own, 20.0).mean()}

# Co-Boosting, https://arxiv.org/abs/2402.15070: weights 0.3 and 0.7, h = 2, beta = 0.5, temperatures 3 and 4.
def boosted(images):
    return sum(w * model(images) for w, model in zip((0.3, 0.7), teachers))


leaf = images.detach().clone().requires_grad_(True)
mixed = boosted(leaf)
difficulty = 1 - mixed.softmax(1)[torch.arange(6), targets].detach()
hard = (difficulty ** 2 * F.cross_entropy(mixed, targets, reduction="none")).mean()
boost = hard - 0.5 * kl(mixed, student(leaf), 3.0).mean()
boost.backward()
moving = images.detach().clone().requires_grad_(True)
directions = sines(60, 0.7, 0.2).float().reshape(6, 10)
(directions * (boosted(moving) / 4).softmax(1)).sum().backward()
result |= {"boost_loss": boost, "boost_gradient": leaf.grad, "moving_gradient": moving.grad}

with torch.no_grad():
    generator = fill(Generator(side=10, noise=6, width=4)).train()
generator.requires_grad_(True)
noise = sines(3 * 6, 0.3, 1).float().reshape(3, 6).requires_grad_(True)
made = generator(noise)[:, :, :10, :10]
(made * sines(made.numel(), 0.2, 0).float().reshape(made.shape)).sum().backward()
result |= {"generated": made, "noise_gradient": noise.grad,
           "generator_gradients": torch.stack([p.grad.norm() for p in generator.parameters()])}
save_file({k: v.detach().float().reshape(v.shape or (1,)).contiguous() for k, v in result.items()},
          Path(__file__).parent / "dense.safetensors")
print({k: v.item() for k, v in result.items() if v.numel() == 1}, [tuple(p.shape) for p in generator.parameters()])
