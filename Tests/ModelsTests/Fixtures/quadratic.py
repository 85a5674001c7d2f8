"""What PyTorch's distributions make of the quadratic heads of https://arxiv.org/abs/2602.01186: writes quadratic.json.

The features and labels are those of features.json (features.py): 40 images of 3 of 4 classes. Logits are log densities
plus log priors, in double precision, without d/2 log 2π, which all classes have.

python quadratic.py
"""

import json
import math
import pathlib

import torch
from torch.distributions import MultivariateNormal, Normal

here = pathlib.Path(__file__)
reference = json.loads(here.with_name("features.json").read_text())
x = torch.tensor(reference["features"], dtype=torch.float64)
labels = torch.tensor(reference["labels"])
width, count = x.shape[1], len(labels)
groups = [x[labels == c] for c in range(3)]
variance = sum(((g - g.mean(0)) ** 2).sum() for g in groups) / (count - 3) / width
constant = width / 2 * math.log(2 * math.pi)


def logits(form, shrinkage):
    columns = []
    for group in groups:
        covariance = torch.cov(group.T, correction=1)
        if form == "squares":
            covariance = torch.diag(torch.diag(covariance))
        covariance = (1 - shrinkage) * covariance + shrinkage * variance * torch.eye(width)
        if form == "squares":
            density = Normal(group.mean(0), covariance.diag().sqrt()).log_prob(x).sum(1)
        else:
            density = MultivariateNormal(group.mean(0), covariance).log_prob(x)
        columns.append(density + constant + math.log(len(group) / count))
    return torch.stack(columns, 1).tolist()


heads = [{"form": form, "shrinkage": s, "logits": logits(form, s)} for form in ("products", "squares") for s in (0.0, 0.05, 1.0)]
here.with_suffix(".json").write_text(json.dumps(heads) + "\n")
