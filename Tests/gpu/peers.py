"""What PyTorch and diffusers compute and how fast, for check.py: the last line printed is a JSON object."""

import argparse
import json
import statistics
import time

import torch

TYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def timed(device, body, calls=3):
    """The median of so many calls after a first one, in seconds."""
    times = []
    for _ in range(calls + 1):
        begin = time.perf_counter()
        body()
        if device.startswith("cuda"):
            torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def parts(folder, device, dtype=torch.float32):
    from diffusers import AutoencoderKL, UNet2DConditionModel

    load = {"torch_dtype": dtype, "local_files_only": True}
    unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", **load).to(device).eval()
    return unet, AutoencoderKL.from_pretrained(folder, subfolder="vae", **load).to(device).eval()


@torch.no_grad()
def values(given):
    """The largest differences over the largest magnitudes of a file that `fgl-sim bench networks` wrote."""
    from safetensors import safe_open

    with safe_open(given.file, "pt") as file:
        found = {name: file.get_tensor(name).to(given.device) for name in file.keys()}
        timestep = float(file.metadata()["timestep"])
    unet, vae = parts(given.folder, given.device)
    right = {
        "prediction": unet(found["latents"], timestep, encoder_hidden_states=found["states"]).sample,
        "images": vae.decode(found["latents"] / vae.config.scaling_factor).sample,
    }
    return {name: float((found[name] - value).abs().max() / value.abs().max()) for name, value in right.items()}


@torch.no_grad()
def networks(given):
    from diffusers import StableDiffusionPipeline

    dtype, device, batch = TYPES[given.precision], given.device, given.batch
    pipeline = StableDiffusionPipeline.from_pretrained(
        given.folder, torch_dtype=dtype, safety_checker=None, feature_extractor=None, requires_safety_checker=False,
        local_files_only=True).to(device)
    pipeline.set_progress_bar_config(disable=True)
    unet, vae = pipeline.unet, pipeline.vae
    side, width = unet.config.sample_size, unet.config.cross_attention_dim
    length = pipeline.tokenizer.model_max_length
    latents = torch.randn(batch, unet.config.in_channels, side, side, device=device, dtype=dtype)
    states = torch.randn(batch, length, width, device=device, dtype=dtype)
    found = {
        "unet_s": round(timed(device, lambda: unet(latents, 500, encoder_hidden_states=states)), 5),
        "decoder_s": round(timed(device, lambda: vae.decode(latents / vae.config.scaling_factor)), 5),
    }
    draw = lambda: pipeline(  # noqa: E731
        ["A photo of a star"] * batch, num_inference_steps=10, guidance_scale=7.5,
        height=side * 2 ** (len(vae.config.block_out_channels) - 1),
        width=side * 2 ** (len(vae.config.block_out_channels) - 1), output_type="np")
    found["images_per_s"] = round(batch / timed(device, draw, calls=3), 3)
    return found


def train(given):
    """ResNet-18 with ten classes: batches from pinned memory, without augmentation; a loss is read at every step."""
    from resnet import resnet18

    device, batch, side = given.device, given.batch, given.side
    torch.manual_seed(1)
    model = resnet18(classes=10).to(device).train()
    if side <= 64:
        # As fgl-sim's for small images: a 3 × 3 stem and no pooling.
        model[0], model[3] = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False).to(device), torch.nn.Identity()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    images, labels = torch.randn(4, batch, 3, side, side), torch.randint(0, 10, (4, batch))
    if device.startswith("cuda"):
        images, labels = images.pin_memory(), labels.pin_memory()

    def window(steps=10):
        for step in range(steps):
            x, y = (t[step % 4].to(device, non_blocking=True) for t in (images, labels))
            with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=given.precision == "bf16"):
                loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss.item()

    return {"images_per_s": round(10 * batch / timed(device, window, calls=3), 1)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["values", "networks", "train"])
    parser.add_argument("folder", nargs="?")
    parser.add_argument("file", nargs="?")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--precision", choices=TYPES, default="fp32")
    given = parser.parse_args()
    print(json.dumps({"values": values, "networks": networks, "train": train}[given.task](given)))
