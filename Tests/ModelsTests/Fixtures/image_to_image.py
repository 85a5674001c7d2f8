"""What diffusers' image-to-image pipeline makes of two images with each sampler, by the tiny checkpoint bk-sdm-small.

    python image_to_image.py

`image_to_image.safetensors` beside this file has two images, the noise of their encoding and the noise that is added to
it; for each run the latents at the end, and the noise that its scheduler drew. What was asked for stands in the metadata.
Made with diffusers 0.42, transformers 5.23, torch 2.13.
"""
import json
import pathlib
import sys

import diffusers
import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
PROMPTS = ["A photo of a star", "two red mugs, it's 42!"]
CLASSES = {
    "ddim": "DDIMScheduler", "euler": "EulerDiscreteScheduler", "dpm-solver": "DPMSolverMultistepScheduler",
    "pndm": "PNDMScheduler", "euler-ancestral": "EulerAncestralDiscreteScheduler", "heun": "HeunDiscreteScheduler",
    "unipc": "UniPCMultistepScheduler", "ddpm": "DDPMScheduler", "lcm": "LCMScheduler",
}
RUNS = [dict(scheduler=name, steps=6, strength=0.6, guidance=3.0) for name in CLASSES] + [
    dict(scheduler="pndm", steps=7, strength=1.0, guidance=1.0), dict(scheduler="pndm", steps=5, strength=0.2, guidance=2.0),
    dict(scheduler="pndm", steps=8, strength=0.9, guidance=2.0), dict(scheduler="heun", steps=4, strength=0.3, guidance=1.0),
    dict(scheduler="dpm-solver", steps=20, strength=0.5, guidance=2.0), dict(scheduler="unipc", steps=9, strength=1.0, guidance=2.0),
    dict(scheduler="euler", steps=10, strength=0.7, guidance=7.5),
]


@torch.no_grad()
def main():
    pipeline = diffusers.StableDiffusionImg2ImgPipeline.from_pretrained(
        HERE / "pipelines/bk-sdm-small", torch_dtype=torch.float32, safety_checker=None, feature_extractor=None)
    pipeline.set_progress_bar_config(disable=True)
    own = pipeline.scheduler
    images = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    encoding = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(2))
    noise = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    tensors = {"images": images * 2 - 1, "encoding": encoding, "noise": noise}
    for place, run in enumerate(RUNS):
        pipeline.scheduler = getattr(diffusers, CLASSES[run["scheduler"]]).from_config(own.config)
        queue, drawn = [encoding, noise], []
        generator = torch.Generator().manual_seed(6)

        def randn(*_, **__):
            if queue:
                return queue.pop(0).clone()
            drawn.append(torch.randn(2, 4, 8, 8, generator=generator))
            return drawn[-1].clone()
        for name in list(sys.modules):
            if name.startswith("diffusers") and hasattr(sys.modules[name], "randn_tensor"):
                sys.modules[name].randn_tensor = randn
        latents = pipeline(PROMPTS, image=images, strength=run["strength"], num_inference_steps=run["steps"],
                           guidance_scale=run["guidance"], output_type="latent").images
        assert not queue
        tensors[f"latents_{place}"] = latents
        if drawn:
            tensors[f"drawn_{place}"] = torch.stack(drawn)
    save_file({key: value.contiguous() for key, value in tensors.items()}, HERE / "image_to_image.safetensors",
              {"prompts": json.dumps(PROMPTS), "runs": json.dumps(RUNS)})


main()
