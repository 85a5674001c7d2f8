"""Tiny checkpoints of the pipelines that people have, with random weights, and the latents that diffusers' pipelines draw.

    python pipelines.py DIRECTORY/pipelines

`shared` holds what several folders link to. `expected.safetensors` of a folder has the noise of two images, and for each run
its latents, the noise that its scheduler drew and, of the first, the image; what was asked for stands in the metadata.
Made with diffusers 0.42, transformers 5.23, torch 2.13.
"""
import json, os, sys
from pathlib import Path

import torch
from diffusers import (AutoencoderKL, DDPMScheduler, EulerAncestralDiscreteScheduler, EulerDiscreteScheduler,
                       HeunDiscreteScheduler, LatentConsistencyModelPipeline, LCMScheduler, PNDMScheduler,
                       StableDiffusionPipeline, StableDiffusionXLPipeline, UNet2DConditionModel, UniPCMultistepScheduler)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

PROMPTS, NEGATIVE = ["A photo of a star", "two red mugs, it's 42!"], "a blurry mug"
BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)
SCHEDULERS = {"euler-ancestral": EulerAncestralDiscreteScheduler, "unipc": UniPCMultistepScheduler,
              "heun": HeunDiscreteScheduler, "ddpm": DDPMScheduler, "lcm": LCMScheduler}


def symbols():
    """GPT-2's printable characters of the 256 bytes, in the order of the bytes that print and then the others."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(others))]


def write_tokenizer(folder, padding):
    folder.mkdir(parents=True, exist_ok=True)
    merges = ["p h", "o t", "ph ot", "phot o</w>", "s t", "a r</w>", "st ar</w>", "m u", "mu g</w>", "o f</w>", "r e", "re d</w>"]
    words = symbols() + [s + "</w>" for s in symbols()] + [m.replace(" ", "") for m in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: place for place, word in enumerate(words)}, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "CLIPTokenizer", "model_max_length": 20, "do_lower_case": True, "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": padding, "add_prefix_space": False}))
    return len(words)


def save(part, folder, seed):
    """Weights of 16 bits; norms and biases that are not one and zero, which would hide a mistake in them."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in part.parameters():
        if parameter.dim() == 1:
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
    part.half().save_pretrained(folder)


def write_shared(folder):
    torch.manual_seed(11)
    size = write_tokenizer(folder / "tokenizer", "<|endoftext|>")
    write_tokenizer(folder / "tokenizer_2", "!")
    text = dict(vocab_size=size, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
                max_position_embeddings=20, bos_token_id=size - 2, eos_token_id=size - 1, pad_token_id=1, hidden_act="quick_gelu")
    save(CLIPTextModel(CLIPTextConfig(**text)), folder / "text_encoder", 1)
    # Stable Diffusion XL's: another width, GELU, a projection, and the end token that its file has.
    large = dict(text, hidden_size=8, num_hidden_layers=3, hidden_act="gelu", projection_dim=12, eos_token_id=2)
    save(CLIPTextModelWithProjection(CLIPTextConfig(**large)), folder / "text_encoder_2", 2)
    save(AutoencoderKL(sample_size=16, block_out_channels=[8, 8], layers_per_block=1, norm_num_groups=4, latent_channels=4,
                       down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
                       mid_block_add_attention=False, scaling_factor=0.13025, force_upcast=True), folder / "vae", 3)


def unet(**changes):
    return UNet2DConditionModel(**{**dict(
        sample_size=8, in_channels=4, out_channels=4, block_out_channels=[8, 16], layers_per_block=1, norm_num_groups=4,
        down_block_types=["CrossAttnDownBlock2D", "DownBlock2D"], up_block_types=["UpBlock2D", "CrossAttnUpBlock2D"],
        attention_head_dim=4, cross_attention_dim=16), **changes})


def write(root, name, pipeline, network, scheduler, runs, large=False, extra={}):
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    parts = ["tokenizer", "text_encoder", "vae"] + (["tokenizer_2", "text_encoder_2"] if large else [])
    for part in parts:
        if not (folder / part).is_symlink():
            os.symlink(f"../shared/{part}", folder / part)
    save(network, folder / "unet", len(name))
    scheduler.save_pretrained(folder / "scheduler")
    index = {"_class_name": pipeline.__name__, "_diffusers_version": "0.42.0", **extra,
             "scheduler": ["diffusers", type(scheduler).__name__], "unet": ["diffusers", "UNet2DConditionModel"],
             "vae": ["diffusers", "AutoencoderKL"], "text_encoder": ["transformers", "CLIPTextModel"],
             "tokenizer": ["transformers", "CLIPTokenizer"]}
    if large:
        index |= {"text_encoder_2": ["transformers", "CLIPTextModelWithProjection"], "tokenizer_2": ["transformers", "CLIPTokenizer"]}
    else:
        index |= {"safety_checker": [None, None], "feature_extractor": [None, None]}
    (folder / "model_index.json").write_text(json.dumps(index, indent=1) + "\n")
    made = pipeline.from_pretrained(folder, torch_dtype=torch.float32)
    made.set_progress_bar_config(disable=True)
    noise = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(5))
    tensors = {"noise": noise}
    for place, run in enumerate(runs):
        latents, drawn, image = draw(made, noise, run, decoded=place == 0)
        tensors[f"latents_{place}"] = latents
        if drawn:
            tensors[f"drawn_{place}"] = torch.stack(drawn)
        if image is not None:
            tensors["image"] = image
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "expected.safetensors",
              {"prompts": json.dumps(PROMPTS), "runs": json.dumps(runs)})


@torch.no_grad()
def draw(made, noise, run, decoded):
    own = made.scheduler
    if "scheduler" in run:
        made.scheduler = SCHEDULERS[run["scheduler"]].from_config(own.config)
    if "force_zeros_for_empty_prompt" in run:
        made.register_to_config(force_zeros_for_empty_prompt=run["force_zeros_for_empty_prompt"])
    drawn, generator = [], torch.Generator().manual_seed(6)

    def randn(*_, **__):
        drawn.append(torch.randn(noise.shape, generator=generator))
        return drawn[-1]
    sys.modules[type(made.scheduler).__module__].randn_tensor = randn
    asked = dict(num_inference_steps=run["steps"], guidance_scale=run["guidance"], latents=noise.clone(), output_type="latent")
    if run.get("negative"):
        asked["negative_prompt"] = [run["negative"]] * 2
    latents = made(PROMPTS, **asked).images
    image = None
    if decoded:
        image = (made.vae.decode(latents / made.vae.config.scaling_factor).sample / 2 + 0.5).clamp(0, 1)
    made.scheduler = own
    return latents, drawn, image


def main(root):
    write_shared(root / "shared")
    torch.manual_seed(12)
    guided = [dict(steps=5, guidance=7.5), dict(steps=4, guidance=3.0, negative=NEGATIVE), dict(steps=4, guidance=1.0)]
    pndm = PNDMScheduler(**BETAS, set_alpha_to_one=False, skip_prk_steps=True, steps_offset=1)
    turbo = EulerDiscreteScheduler(**BETAS, timestep_spacing="trailing", steps_offset=1)
    write(root, "sd-turbo", StableDiffusionPipeline, unet(attention_head_dim=[2, 4], use_linear_projection=True), turbo,
          [dict(steps=1, guidance=0.0), dict(steps=1, guidance=1.0), dict(steps=4, guidance=0.5)])
    # Block-removed knowledge distillation: one block fewer a level, and smaller ones without a middle or a level less.
    three = dict(block_out_channels=[8, 8, 16], down_block_types=["CrossAttnDownBlock2D"] * 2 + ["DownBlock2D"],
                 up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 2, attention_head_dim=2)
    write(root, "bk-sdm-base", StableDiffusionPipeline, unet(**three), pndm, guided[:1])
    write(root, "bk-sdm-small", StableDiffusionPipeline, unet(**three, mid_block_type=None), pndm, guided)
    write(root, "bk-sdm-tiny", StableDiffusionPipeline,
          unet(mid_block_type=None, down_block_types=["CrossAttnDownBlock2D"] * 2, up_block_types=["CrossAttnUpBlock2D"] * 2),
          pndm, guided[:1])
    write(root, "lcm", LatentConsistencyModelPipeline, unet(time_cond_proj_dim=10), LCMScheduler(**BETAS, steps_offset=1),
          [dict(steps=4, guidance=8.5), dict(steps=1, guidance=1.0), dict(steps=3, guidance=0.5)])
    large = dict(block_out_channels=[8, 16], down_block_types=["DownBlock2D", "CrossAttnDownBlock2D"],
                 up_block_types=["CrossAttnUpBlock2D", "UpBlock2D"], attention_head_dim=[2, 4], cross_attention_dim=24,
                 transformer_layers_per_block=[1, 2], use_linear_projection=True, addition_embed_type="text_time",
                 addition_time_embed_dim=6, projection_class_embeddings_input_dim=12 + 6 * 6)
    euler = EulerDiscreteScheduler(**BETAS, timestep_spacing="leading", steps_offset=1)
    others = [dict(steps=4, guidance=3.0, scheduler=name) for name in ("euler-ancestral", "unipc", "heun", "ddpm", "lcm")]
    write(root, "sdxl", StableDiffusionXLPipeline, unet(**large), euler,
          guided + [dict(steps=4, guidance=3.0, force_zeros_for_empty_prompt=False)] + [], large=True,
          extra={"force_zeros_for_empty_prompt": True, "add_watermarker": None})
    write(root, "sdxl-turbo", StableDiffusionXLPipeline, unet(**large),
          EulerAncestralDiscreteScheduler(**BETAS, timestep_spacing="trailing", steps_offset=1),
          [dict(steps=1, guidance=0.0), dict(steps=3, guidance=0.0)] + others, large=True,
          extra={"force_zeros_for_empty_prompt": True})


main(Path(sys.argv[1]))
