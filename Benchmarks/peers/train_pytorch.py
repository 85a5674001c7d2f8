"""Images per second of processor time of PyTorch's training step: ResNet-18, 32 pixels, one thread.

Batches lie ready in memory, without augmentation; fgl-sim's bench cuts, crops and flips its own.
Usage: train_pytorch.py BATCH fp32|bf16 contiguous|channels_last foreach|fused
"""
import json
import sys
import time

import torch
from torch import nn

from resnet import resnet18

batch, precision, layout, optimizer = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
torch.set_num_threads(1)
torch.manual_seed(0)
torch.set_flush_denormal(True)
memory = torch.channels_last if layout == "channels_last" else torch.contiguous_format
model = resnet18().to(memory_format=memory).train()
sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4,
                      **({"fused": True} if optimizer == "fused" else {"foreach": True}))
batches = [(torch.randn(batch, 3, 32, 32).to(memory_format=memory), torch.randint(0, 10, (batch,)))
           for _ in range(4)]
loss_of = nn.CrossEntropyLoss()


def steps(count):
    for step in range(count):
        x, y = batches[step % 4]
        sgd.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = model(x)
            loss = loss_of(logits, y)
        loss.backward()
        sgd.step()
        loss.item()


steps(10)
rates = []
for _ in range(3):
    start = time.process_time()
    steps(10)
    rates.append(10 * batch / (time.process_time() - start))
print(json.dumps({"peer": "pytorch " + torch.__version__, "bench": "train", "batch": batch,
                  "precision": precision, "layout": layout, "optimizer": optimizer,
                  "images_per_cpu_s": round(sorted(rates)[1], 1)}))
