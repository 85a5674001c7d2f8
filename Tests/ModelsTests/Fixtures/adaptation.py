"""What PyTorch, diffusers and transformers come to where clients teach a foundation model their images.

    python adaptation.py DIRECTORY...   for each checkpoint given, adaptation/<its name>.safetensors

LoRA of the UNet's attention (https://arxiv.org/abs/2106.09685, section 4.1) as an addition to each layer's output,
FedDEO's descriptions (https://arxiv.org/abs/2407.19953) by gradient descent, FedBiP's concept vectors
(https://arxiv.org/abs/2410.04810, equation 4) by Adam: the first loss, gradients, and what three steps on the same
draws lead to. Made with diffusers 0.42, transformers 5.23, torch 2.13.
"""
import sys
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel

RANK, ALPHA, RATE, STEPS, DESCENT = 2, 3.0, 0.01, 3, 10.0
# Tokens of the texts of two classes, start and end not counted, and the class of each of three images.
LENGTHS, CLASSES = [4, 6], [0, 1, 1]


def reference(folder):
    text = CLIPTextModel.from_pretrained(folder / "text_encoder").eval().requires_grad_(False)
    unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval().requires_grad_(False)
    scheduler = DDPMScheduler.from_pretrained(folder / "scheduler")
    torch.manual_seed(24)
    side = unet.config.sample_size
    shape = (3, unet.config.in_channels, side, side)
    latents, noise, times = torch.randn(shape), torch.randn(shape), torch.tensor([2, 481, 990])
    tokens = torch.randint(0, text.config.vocab_size, (2, text.config.max_position_embeddings))
    states = text(tokens)[0].clone()
    result = {"latents": latents, "noise": noise, "timesteps": times, "states": states}

    def loss(context):
        noisy = scheduler.add_noise(latents, noise, times)
        target = noise if scheduler.config.prediction_type == "epsilon" else scheduler.get_velocity(latents, noise, times)
        return torch.nn.functional.mse_loss(unet(noisy, times, context).sample, target)

    def learn(name, leaves, optimizer, context):
        for step in range(STEPS):
            optimizer.zero_grad()
            value = loss(context())
            value.backward()
            if step == 0:
                result[f"{name}.loss"] = value.detach().reshape(1)
                for part, leaf in leaves.items():
                    result[f"{name}.{part}.gradient"] = leaf.grad.clone()
            optimizer.step()
        for part, leaf in leaves.items():
            result[f"{name}.{part}"] = leaf.detach().clone()

    # FedDEO: one description for all three images.
    description = states[:1].clone().requires_grad_(True)
    learn("description", {"states": description}, torch.optim.SGD([description], lr=DESCENT),
          lambda: description.expand(3, -1, -1))

    # FedBiP: S in the place of the second word, V in that of the last one.
    width = states.shape[2]
    domain = states[0, 2].clone().requires_grad_(True)
    categories = torch.stack([states[c, LENGTHS[c]] for c in (0, 1)]).clone().requires_grad_(True)

    def concept():
        rows = []
        for c in CLASSES:
            row = list(states[c].unbind(0))
            row[2], row[LENGTHS[c]] = domain, categories[c]
            rows.append(torch.stack(row))
        return torch.stack(rows)

    learn("concept", {"domain": domain, "categories": categories},
          torch.optim.Adam([domain, categories], lr=RATE), concept)

    # LoRA: B (A x) beside W x. The first A follow a formula: element i of layer n is sin(i + n) / 10.
    layers = [(n, m) for n, m in unet.named_modules() if n.endswith(("to_q", "to_k", "to_v", "to_out.0"))]
    result["layers"] = torch.tensor([[m.in_features, m.out_features] for _, m in layers], dtype=torch.int32)
    downs, ups = [], []
    for number, (name, module) in enumerate(layers):
        count = RANK * module.in_features
        down = (torch.arange(count, dtype=torch.float32) + number).sin().reshape(RANK, -1) / 10
        downs.append(down.requires_grad_(True))
        ups.append(torch.zeros(module.out_features, RANK, requires_grad=True))
        module.register_forward_hook(
            lambda module, inputs, output, a=downs[-1], b=ups[-1]: output + ALPHA / RANK * (inputs[0] @ a.T @ b.T))
    chosen = [0, 5, len(layers) // 2, len(layers) - 1]
    leaves = {f"{c}.{part}": (downs if part == "down" else ups)[c] for c in chosen for part in ("down", "up")}
    learn("adapter", leaves, torch.optim.AdamW(downs + ups, lr=RATE), lambda: states[CLASSES])
    result["adapter.chosen"] = torch.tensor(chosen, dtype=torch.int32)
    names = {"names": " ".join(name for name, _ in layers)}
    return {name: tensor.detach().contiguous() for name, tensor in result.items()}, names


for name in sys.argv[1:]:
    folder = Path(name)
    target = Path(__file__).parent / "adaptation" / f"{folder.name}.safetensors"
    target.parent.mkdir(exist_ok=True)
    tensors, names = reference(folder)
    save_file(tensors, target, dict(names, rank=str(RANK), alpha=str(ALPHA), rate=str(RATE), descent=str(DESCENT)))
    print(target)
