"""What PyTorch, diffusers and transformers come to for textual inversion on the checkpoints of this folder.

    python textual_inversion.py DIRECTORY...   for each checkpoint given, textual-inversion/<its name>.safetensors

The loss of a word's vector in two places of a prompt, its gradient, the vector after three steps of AdamW on the same
draws, and the operations of the image encoder. Made with diffusers 0.42, transformers 5.23, torch 2.13.
"""
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import CLIPTextModel

PLACES, RATE, STEPS = [3, 5], 0.05, 3


def encoder_operations(vae, side):
    """Twice the multiply-adds of convolutions, linear layers and attention's products, for one image."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        if isinstance(module, torch.nn.Conv2d):
            total += 2 * output.numel() * module.in_channels * module.kernel_size[0] * module.kernel_size[1]
        elif isinstance(module, torch.nn.Linear):
            total += 2 * output.numel() * module.in_features
        else:  # Attention over height times width positions.
            n, c, h, w = inputs[0].shape
            total += 4 * n * (h * w) ** 2 * c

    kinds = (torch.nn.Conv2d, torch.nn.Linear)
    hooks = [m.register_forward_hook(count) for m in vae.modules()
             if isinstance(m, kinds) or type(m).__name__ == "Attention"]
    vae.encode(torch.zeros(1, 3, side, side))
    for hook in hooks:
        hook.remove()
    return total


def reference(folder):
    text = CLIPTextModel.from_pretrained(folder / "text_encoder").eval().requires_grad_(False)
    unet = UNet2DConditionModel.from_pretrained(folder / "unet").eval().requires_grad_(False)
    vae = AutoencoderKL.from_pretrained(folder / "vae").eval().requires_grad_(False)
    scheduler = DDPMScheduler.from_pretrained(folder / "scheduler")
    torch.manual_seed(7)
    table = text.get_input_embeddings().weight
    length = text.config.max_position_embeddings
    tokens = torch.randint(0, table.shape[0], (1, length))
    side = unet.config.sample_size
    shape = (3, unet.config.in_channels, side, side)
    latents, noise = torch.randn(shape), torch.randn(shape)
    times = torch.tensor([2, 481, 990])
    vector = (table.mean(0) + 0.1 * torch.randn(table.shape[1])).clone()
    result = {"latents": latents, "noise": noise, "timesteps": times, "tokens": tokens, "vector": vector.clone(),
              "places": torch.tensor(PLACES)}

    def loss(v):
        # As diffusers' example does it: the vector is a row of the token table.
        hook = text.get_input_embeddings().register_forward_hook(
            lambda module, inputs, output: torch.cat(
                [v.view(1, 1, -1) if i in PLACES else output[:, i:i + 1] for i in range(length)], 1))
        states = text(tokens)[0].expand(3, -1, -1)
        hook.remove()
        noisy = scheduler.add_noise(latents, noise, times)
        if scheduler.config.prediction_type == "epsilon":
            target = noise
        else:
            target = scheduler.get_velocity(latents, noise, times)
        return torch.nn.functional.mse_loss(unet(noisy, times, states).sample, target)

    v = vector.clone().requires_grad_(True)
    optimizer = torch.optim.AdamW([v], lr=RATE)
    for step in range(STEPS):
        optimizer.zero_grad()
        value = loss(v)
        value.backward()
        if step == 0:
            result["loss"], result["gradient"] = value.detach().reshape(1), v.grad.clone()
        optimizer.step()
    result["learned"] = v.detach().clone()
    result["encoder_operations"] = torch.tensor(
        [encoder_operations(vae, side * 2 ** (len(vae.config.block_out_channels) - 1))], dtype=torch.int64)
    return {name: tensor.contiguous() for name, tensor in result.items()}


for name in sys.argv[1:]:
    folder = Path(name)
    target = Path(__file__).parent / "textual-inversion" / f"{folder.name}.safetensors"
    save_file(reference(folder), target, {"rate": str(RATE), "steps": str(STEPS)})
    print(target)
