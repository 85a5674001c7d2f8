"""Tiny low-rank adapters for the checkpoints of pipelines.py in the layouts that people have, and what is drawn with them: by
diffusers where it loads the layout with today's transformers, and by diffusers with the matrices merged here.

    python loras.py DIRECTORY/pipelines

`loras/expected.safetensors` has the latents of each file; the metadata say of which checkpoint, and with which weight.
Made with diffusers 0.42, peft 0.21, transformers 5.23, torch 2.13.
"""
import json, sys, warnings
from pathlib import Path

import torch
import transformers.integrations.peft
from diffusers import StableDiffusionPipeline, StableDiffusionXLPipeline
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

warnings.filterwarnings("ignore")
# transformers 5.23 asks for a version of peft that is not published yet.
transformers.integrations.peft.check_peft_version = lambda **_: None
root = Path(sys.argv[1])
folder = root / "loras"
folder.mkdir(exist_ok=True)
PROMPTS = ["A photo of a star", "two red mugs, it's 42!"]
UNET = ["to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "conv1"]
TEXT = ["q_proj", "k_proj", "v_proj", "out_proj", "fc1"]


def opened(name, kind):
    pipe = kind.from_pretrained(root / name, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def draw(pipe, noise):
    return pipe(PROMPTS, num_inference_steps=3, guidance_scale=3.0, latents=noise.clone(), output_type="latent").images


def matrices(model, targets, rank, alpha, seed):
    model.add_adapter(LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, init_lora_weights="gaussian"))
    generator = torch.Generator().manual_seed(seed)
    state = get_peft_model_state_dict(model)
    return {k: (0.3 * torch.randn(v.shape, generator=generator)).half() for k, v in sorted(state.items())}


noise = load_file(root / "sdxl/expected.safetensors")["noise"]
asked = {}
base = opened("bk-sdm-base", StableDiffusionPipeline)
unet, text = matrices(base.unet, UNET, 2, 4, 1), matrices(base.text_encoder, TEXT, 3, 1.5, 2)
# As diffusers writes it today: alphas in the metadata.
StableDiffusionPipeline.save_lora_weights(
    folder, unet, text, weight_name="peft.safetensors",
    unet_lora_adapter_metadata=base.unet.peft_config["default"].to_dict(),
    text_encoder_lora_adapter_metadata=base.text_encoder.peft_config["default"].to_dict())
asked["peft"] = ("bk-sdm-base", 0.7, {"unet": (unet, 4 / 2), "text_encoder": (text, 1.5 / 3)})
# kohya's.
kohya = {}
for prefix, state, alpha in (("lora_unet_", unet, 4.0), ("lora_te_", text, 1.5)):
    for key, value in state.items():
        module = key.replace(".lora_A.weight", "").replace(".lora_B.weight", "")
        if prefix == "lora_te_" and not module.startswith("text_model."):
            module = "text_model." + module
        name = prefix + module.replace(".", "_")
        kohya[name + (".lora_down.weight" if "lora_A" in key else ".lora_up.weight")] = value
        kohya[name + ".alpha"] = torch.tensor(alpha)
save_file(kohya, folder / "kohya.safetensors", {"ss_network_dim": "2"})
asked["kohya"] = ("bk-sdm-base", 1.0, asked["peft"][2])
# diffusers' of 2023: attention processors, alpha equal to the rank.
old = {}
for key, value in unet.items():
    if ".attn" in key:
        side = "down" if "lora_A" in key else "up"
        module = key.split(".lora_")[0].replace(".to_out.0", ".to_out")
        before, _, last = module.rpartition(".")
        old[f"unet.{before}.processor.{last}_lora.{side}.weight"] = value
save_file(old, folder / "attention-processors.safetensors")
attention = {key: value for key, value in unet.items() if ".attn" in key}
asked["attention-processors"] = ("bk-sdm-base", 1.0, {"unet": (attention, 1)})
# kohya's for Stable Diffusion XL, with the blocks' names of its authors.
large = opened("sdxl", StableDiffusionXLPipeline)
state = matrices(large.unet, ["to_q", "to_v", "to_out.0", "proj_in", "conv1", "time_emb_proj"], 2, 2, 3)
second = matrices(large.text_encoder_2, ["q_proj", "fc2"], 1, 1, 4)
first = matrices(large.text_encoder, ["v_proj"], 1, 1, 5)
names = {"down_blocks.0.resnets.0": "input_blocks.1.0", "down_blocks.1.resnets.0": "input_blocks.3.0",
         "down_blocks.1.attentions.0": "input_blocks.3.1", "mid_block.resnets.0": "middle_block.0",
         "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2"}
for level in (0, 1):
    for step in (0, 1):
        names[f"up_blocks.{level}.resnets.{step}"] = f"output_blocks.{2 * level + step}.0"
        names[f"up_blocks.{level}.attentions.{step}"] = f"output_blocks.{2 * level + step}.1"
layers = {"conv1": "in_layers.2", "time_emb_proj": "emb_layers.1"}
original = {}
for prefix, part in (("lora_unet_", state), ("lora_te1_", first), ("lora_te2_", second)):
    for key, value in part.items():
        module = key.replace(".lora_A.weight", "").replace(".lora_B.weight", "")
        if prefix == "lora_unet_":
            block = next(name for name in names if module.startswith(name + "."))
            rest = module[len(block) + 1:]
            module = names[block] + "." + layers.get(rest, rest)
        elif not module.startswith("text_model."):
            module = "text_model." + module
        name = prefix + module.replace(".", "_")
        original[name + (".lora_down.weight" if "lora_A" in key else ".lora_up.weight")] = value
        original[name + ".alpha"] = torch.tensor(1.0)
save_file(original, folder / "kohya-xl.safetensors")
asked["kohya-xl"] = ("sdxl", 1.0, {"unet": (state, 1 / 2), "text_encoder_2": (second, 1), "text_encoder": (first, 1)})


def merge(pipe, parts, weight):
    for name, (matrices, scale) in parts.items():
        for key, down in matrices.items():
            if "lora_A" in key:
                up = matrices[key.replace("lora_A", "lora_B")]
                layer = getattr(pipe, name).get_submodule(key.replace(".lora_A.weight", ""))
                change = (up.float().flatten(1) @ down.float().flatten(1)).reshape(layer.weight.shape)
                layer.weight.data += weight * scale * change


result = {"noise": noise}
with torch.no_grad():
    for name, (checkpoint, weight, parts) in asked.items():
        pipe = opened(checkpoint, StableDiffusionXLPipeline if checkpoint == "sdxl" else StableDiffusionPipeline)
        plain = draw(pipe, noise)
        merge(pipe, parts, weight)
        result[name] = draw(pipe, noise)
        moved = float((result[name] - plain).abs().max())
        pipe = opened(checkpoint, StableDiffusionXLPipeline if checkpoint == "sdxl" else StableDiffusionPipeline)
        try:
            pipe.load_lora_weights(folder, weight_name=f"{name}.safetensors", adapter_name="a")
            pipe.set_adapters(["a"], [weight])
            own = f"diffusers' own loader differs by {float((draw(pipe, noise) - result[name]).abs().max()):.1e}"
        except ValueError as error:
            own = f"diffusers' own loader: {error}"
        print(f"{name}: moves latents by {moved:.2f}; {own}")
save_file({k: v.contiguous() for k, v in result.items()}, folder / "expected.safetensors",
          {"asked": json.dumps({name: item[:2] for name, item in asked.items()})})
