"""A checkpoint of Stable Diffusion's real size with random weights, and fgl-sim beside diffusers on it.

    python real_size.py make FOLDER [--shape 2.1-base|1.5] [--tokenizer FOLDER]
    python real_size.py compare FOLDER --program .build/release/fgl-sim [--pairs 3] [--few 2] [--many 4]

`compare` prints a JSON object a line: processor seconds of one guided denoising step (a UNet forward of two), taken from
the difference between two numbers of steps, so that loading, text and decoding cancel; and the peak memory of each.
The tokenizer is that of a fixture (CLIP's vocabulary), since none can be made of nothing.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile

SHAPES = {
    "2.1-base": {"width": 1024, "text": (1024, 23, 16, 4096, "gelu", 512), "heads": [5, 10, 20, 20], "linear": True},
    "1.5": {"width": 768, "text": (768, 12, 12, 3072, "quick_gelu", 768), "heads": 8, "linear": False},
}


def make(folder, shape, tokenizer):
    import torch
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(1)
    form = SHAPES[shape]
    hidden, layers, heads, inner, activation, projection = form["text"]
    UNet2DConditionModel(
        sample_size=64, cross_attention_dim=form["width"], attention_head_dim=form["heads"],
        use_linear_projection=form["linear"]).save_pretrained(f"{folder}/unet")
    AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).save_pretrained(f"{folder}/vae")
    CLIPTextModel(
        CLIPTextConfig(
            hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner,
            hidden_act=activation, projection_dim=projection, eos_token_id=2)).save_pretrained(f"{folder}/text_encoder")
    DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False, set_alpha_to_one=False,
        steps_offset=1).save_pretrained(f"{folder}/scheduler")
    shutil.copytree(tokenizer, f"{folder}/tokenizer", dirs_exist_ok=True)
    parts = {
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"]}
    with open(f"{folder}/model_index.json", "w") as file:
        json.dump({"_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.30.0", **parts}, file, indent=2)


def child(arguments):
    """Processor seconds and peak MiB of a command, on one processor: `synthesize` uses all that it may for one image, and
    threads that wait for each other count."""
    processor = min(os.sched_getaffinity(0))
    process = subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, {processor}))
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(arguments)}: status {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def diffusers_image(folder, steps):
    """Draws one image as diffusers' users do, on one thread."""
    import torch
    from diffusers import StableDiffusionPipeline

    torch.set_num_threads(1)
    pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    pipeline("A photo of a star", num_inference_steps=steps, generator=torch.Generator().manual_seed(1))


def compare(folder, program, pairs, few, many):
    with tempfile.TemporaryDirectory() as scratch:
        commands = {
            "fgl-sim": lambda steps: [
                program, "synthesize", "A photo of a star", "--foundation", folder, "--count", "1", "--guidance", "7.5",
                "--scheduler", "ddim", "--steps", str(steps), "--output", f"{scratch}/image.png"],
            "diffusers": lambda steps: [sys.executable, __file__, "image", folder, "--few", str(steps)],
        }
        ratios = []
        for pair in range(pairs):
            seconds = {}
            for name in sorted(commands, reverse=pair % 2 == 0):
                short, memory = child(commands[name](few))
                long, _ = child(commands[name](many))
                seconds[name] = (long - short) / (many - few)
                print(json.dumps({
                    "bench": "real-size", "tool": name, "processor_s_per_step": round(seconds[name], 2),
                    "processor_s_of_command": {few: round(short, 1), many: round(long, 1)}, "peak_MiB": round(memory)}),
                    flush=True)
            ratios.append(seconds["fgl-sim"] / seconds["diffusers"])
        print(json.dumps({
            "bench": "real-size", "ratio_median": round(statistics.median(ratios), 3),
            "ratios": [round(ratio, 3) for ratio in ratios]}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["make", "compare", "image"])
    parser.add_argument("folder")
    parser.add_argument("--shape", choices=SHAPES, default="2.1-base")
    parser.add_argument("--tokenizer", default="../shared/fixtures/stable-diffusion-tiny/tokenizer")
    parser.add_argument("--program", default=".build/release/fgl-sim")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--few", type=int, default=2)
    parser.add_argument("--many", type=int, default=4)
    given = parser.parse_args()
    if given.task == "make":
        make(given.folder, given.shape, given.tokenizer)
    elif given.task == "image":
        diffusers_image(given.folder, given.few)
    else:
        compare(given.folder, given.program, given.pairs, given.few, given.many)
