"""Images per second of processor time of diffusers: one thread, DDIM, guidance 7.5, decoding included.

Usage: synthesis_diffusers.py CHECKPOINT STEPS BATCH contiguous|channels_last
"""
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from diffusers import DDIMScheduler, StableDiffusionPipeline, __version__

folder, steps, batch, layout = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(1)
pipeline = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, feature_extractor=None,
                                                   requires_safety_checker=False)
pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)
pipeline.set_progress_bar_config(disable=True)
if layout == "channels_last":
    pipeline.unet.to(memory_format=torch.channels_last)
    pipeline.vae.to(memory_format=torch.channels_last)


def draw():
    noise = torch.cat([torch.randn(1, pipeline.unet.config.in_channels, pipeline.unet.config.sample_size,
                                   pipeline.unet.config.sample_size,
                                   generator=torch.Generator().manual_seed(seed)) for seed in range(batch)])
    pipeline(["A photo of a star"] * batch, latents=noise, num_inference_steps=steps, guidance_scale=7.5,
             output_type="np")


draw()
rates = []
for _ in range(3):
    start = time.process_time()
    draw()
    rates.append(batch / (time.process_time() - start))
print(json.dumps({"peer": "diffusers " + __version__, "bench": "synthesis", "steps": steps, "batch": batch,
                  "layout": layout, "images_per_cpu_s": round(sorted(rates)[1], 2)}))
