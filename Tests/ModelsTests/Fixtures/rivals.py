"""What PyTorch makes of MOON's and FedProto's losses and of an ensemble's logits: writes rivals.json beside this file.

MOON: https://arxiv.org/abs/2103.16257, equation 3; the ensemble: https://arxiv.org/abs/2112.12371, equation 1.

python rivals.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(8)
features, near, far = torch.randn(3, 4, 5, dtype=torch.float64)
features.requires_grad_(True)
cosine = torch.nn.CosineSimilarity(dim=-1)
logits = torch.stack([cosine(features, near), cosine(features, far)], dim=1) / 0.5
loss = F.cross_entropy(logits, torch.zeros(4, dtype=torch.long))
loss.backward()
# FedProto, https://arxiv.org/abs/2105.00243, equation 7: λ = 2, labels 0 1 2 2, prototypes of the classes 0 and 2.
learnt = features.detach().clone().requires_grad_(True)
target = torch.stack([near[0], learnt[1].detach(), near[1], near[1]])
distance = 2 * F.mse_loss(learnt, target)
distance.backward()
pixels = torch.rand(6, 3, dtype=torch.float64)
weights, biases = torch.randn(3, 4, 3, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
labels = torch.tensor([0, 1, 2, 3, 0, 1])
mean = torch.stack([pixels @ w.T + b for w, b in zip(weights, biases)]).mean(0)
result = {
    "features": features.tolist(), "near": near.tolist(), "far": far.tolist(), "temperature": 0.5,
    "loss": loss.item(), "gradient": features.grad.tolist(),
    "prototype_loss": distance.item(), "prototype_gradient": learnt.grad.tolist(),
    "pixels": pixels.tolist(), "weights": weights.tolist(), "biases": biases.tolist(), "labels": labels.tolist(),
    "mean": mean.tolist(), "cross_entropy": F.cross_entropy(mean, labels).item(),
    "accuracy": (mean.argmax(1) == labels).double().mean().item(),
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result) + "\n")
