"""What PyTorch makes of seven models by the robust rules: writes robust.json beside this file.

The formulas are those of the papers, written again in float64:
median and trimmed mean, https://arxiv.org/abs/1803.01498; Krum, https://arxiv.org/abs/1703.02757;
norm thresholding, https://arxiv.org/abs/1911.07963. The outlier filter is fgl-sim's.

python robust.py
"""

import json
import pathlib

import torch

torch.manual_seed(5)
COUNT, WIDTH, FALSE = 7, 6, 2
base = torch.randn(WIDTH, dtype=torch.float64)
models = base + 0.3 * torch.randn(COUNT, WIDTH, dtype=torch.float64) + 0.2
# Two attackers: the opposite of the change, ten times as long, and a model far away.
models[2] = base - 10 * (models[2] - base)
models[5] = 40.0
base, models = base.float().double(), models.float().double()
weights = torch.tensor([1.0, 2.0, 3.0, 1.0, 2.0, 1.0, 4.0], dtype=torch.float64)


def mean(rows):
    shares = weights[rows] / weights[rows].sum()
    return (shares[:, None] * models[rows]).sum(0)


ordered = models.sort(dim=0).values
squares = torch.cdist(models, models) ** 2
near = COUNT - FALSE - 2
scores = squares.sort(dim=1).values[:, 1 : 1 + near].sum(1)
order = scores.argsort().tolist()
multi = sorted(order[: COUNT - FALSE])
changes = models - base
lengths = changes.norm(dim=1)


def clipped(limit):
    scales = torch.clamp(limit / lengths, max=1.0)
    return ((weights / weights.sum())[:, None] * (base + scales[:, None] * changes)).sum(0)


distances = (models - torch.quantile(models, 0.5, dim=0)).norm(dim=1)
spread = 1.4826 * torch.quantile((distances - torch.quantile(distances, 0.5)).abs(), 0.5)
inliers = [i for i in range(COUNT) if distances[i] <= torch.quantile(distances, 0.5) + 3 * spread]
result = {
    "base": base.tolist(),
    "models": models.tolist(),
    "weights": weights.tolist(),
    "median": torch.quantile(models, 0.5, dim=0).tolist(),
    "trimmed": ordered[FALSE : COUNT - FALSE].mean(0).tolist(),
    "krum": models[order[0]].tolist(),
    "krum_kept": [order[0]],
    "multi": mean(multi).tolist(),
    "multi_kept": multi,
    "clipped": clipped(0.5).tolist(),
    "clipped_median": clipped(torch.quantile(lengths, 0.5)).tolist(),
    "filtered": mean(inliers).tolist(),
    "filtered_kept": inliers,
}
pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")
