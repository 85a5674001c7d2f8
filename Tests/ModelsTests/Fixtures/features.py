"""What PyTorch makes of the heads, losses, weights and votes of the methods of 2024 to 2026: writes features.json.

FedCGS https://arxiv.org/abs/2503.06962, GH-LDA https://arxiv.org/abs/2602.01186, FedPFT
https://arxiv.org/abs/2402.01862, Co-Boosting https://arxiv.org/abs/2402.15070, Private Evolution
https://arxiv.org/abs/2305.15560, OSCAR https://arxiv.org/abs/2502.08488. All in double precision.

python features.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(24)
# Heads: 40 images of 3 of 4 classes with 5 features, the first 25 at one client.
labels = torch.randint(0, 3, (40,))
centres = 2 * torch.randn(4, 5, dtype=torch.float64)
features = (centres[labels] + torch.randn(40, 5, dtype=torch.float64) @ torch.randn(5, 5, dtype=torch.float64)).float()
x = features.double()
counts = torch.bincount(labels, minlength=4).double()
means = torch.stack([x[labels == c].mean(0) for c in range(3)])
within = x - means[labels]
covariances = {"global": torch.cov(x.T, correction=1), "within": within.T @ within / (40 - 3)}


def head(covariance, shrinkage):
    width = covariance.shape[0]
    shrunk = (1 - shrinkage) * covariance + shrinkage * covariance.trace() / width * torch.eye(width)
    weights = torch.linalg.solve(shrunk, means.T).T
    bias = (counts[:3] / counts.sum()).log() - (weights * means).sum(1) / 2
    return {"weights": weights.tolist(), "bias": bias.tolist()}


heads = [dict(head(c, s), covariance=name, shrinkage=s) for name, c in covariances.items() for s in (0.0, 0.05)]
first = [x[:25][labels[:25] == c] for c in range(3)]

# One pass of the head's training over all features at once, twice: SGD with momentum from zeros.
weight = torch.zeros(4, 5, dtype=torch.float64, requires_grad=True)
bias = torch.zeros(4, dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([weight, bias], lr=0.1, momentum=0.9)
for _ in range(2):
    optimizer.zero_grad()
    loss = F.cross_entropy(F.linear(x, weight, bias), labels)
    loss.backward()
    optimizer.step()

# Co-Boosting: logits of three classifiers for 6 images of 4 classes.
answers = torch.randn(3, 6, 4, dtype=torch.float64)
targets = torch.tensor([0, 1, 2, 3, 0, 1])
weights = torch.tensor([0.3, 0.5, 0.02], dtype=torch.float64, requires_grad=True)
mixed = (weights[:, None, None] * answers).sum(0) / weights.sum()
F.cross_entropy(mixed, targets).backward()
moved = (weights.detach() - 0.04 * weights.grad.sign()).clamp(0, 1)
teacher = mixed.detach().clone().requires_grad_(True)
student = torch.randn(6, 4, dtype=torch.float64)
p = teacher.softmax(1)[torch.arange(6), targets].detach()
hard = ((1 - p) ** 2 * F.cross_entropy(teacher, targets, reduction="none")).mean()
hard.backward()

# Private Evolution: votes of 7 images for 5 candidates, of labels 0, 1 and one without candidates.
images, image_labels = torch.randn(7, 3), torch.tensor([0, 0, 1, 1, 1, 0, 2])
candidates, candidate_labels = torch.randn(5, 3), torch.tensor([0, 1, 0, 1, 1])
votes = [0] * 5
for image, label in zip(images, image_labels):
    distances = torch.cdist(image[None].double(), candidates.double())[0]
    distances[candidate_labels != label] = float("inf")
    if torch.isfinite(distances).any():
        votes[int(distances.argmin())] += 1

# OSCAR: states of three captions, of 2, 1 and 4 images.
states, weighted = torch.randn(3, 2, 3), torch.tensor([2.0, 1.0, 4.0], dtype=torch.float64)
result = {
    "features": features.tolist(), "labels": labels.tolist(), "heads": heads,
    "first_means": [c.mean(0).tolist() for c in first], "first_variances": [c.var(0, correction=0).tolist() for c in first],
    "first_counts": [len(c) for c in first],
    "trained_weights": weight.tolist(), "trained_bias": bias.tolist(), "trained_loss": loss.item(),
    "answers": answers.tolist(), "targets": targets.tolist(), "ensemble_weights": weights.tolist(), "moved": moved.tolist(),
    "mixed": mixed.tolist(), "student": student.tolist(), "hard": hard.item(), "hard_gradient": teacher.grad.tolist(),
    "images": images.tolist(), "image_labels": image_labels.tolist(), "candidates": candidates.tolist(),
    "candidate_labels": candidate_labels.tolist(), "votes": votes,
    "states": states.tolist(), "mean_state": ((weighted[:, None, None] * states.double()).sum(0) / 7).tolist(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")
