"""Makes blip-tiny: a randomly initialised BLIP captioner with a WordPiece tokenizer, and what transformers computes for it.

    python blip.py DIRECTORY

Made with transformers 5.23, torch 2.13.
"""
import json, sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import BertWordPieceTokenizer
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

TEXTS = ["a photo of two cats", "A Photo, of: stars! (it's)", "naïve Ångström ½ x² 2024", "日本 stars\u200b\xa0nbsp",
         "", " ", "don't we'll I'M  you've\n\n\tdone ", "unknownwordthatcannotbecut ??", "a" * 120, "state-of-the-art. yes, no"]


def tokenizer(folder):
    corpus = ["a photo of a red star on a blue background", "two cats and three stars", "it's a mug, isn't it? yes! no."] * 9
    made = BertWordPieceTokenizer(lowercase=True)
    made.train_from_iterator(corpus, vocab_size=140, min_frequency=1, show_progress=False,
                             special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    made.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]",
         "cls_token": "[CLS]", "mask_token": "[MASK]", "model_max_length": 32}))
    return BertTokenizer.from_pretrained(folder)


@torch.no_grad()
def main(root):
    folder = root / "blip-tiny"
    folder.mkdir(parents=True, exist_ok=True)
    text = tokenizer(folder)
    size = len(text)
    torch.manual_seed(3)
    config = BlipConfig(
        vision_config=dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8),
        text_config=dict(vocab_size=size + 2, hidden_size=20, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2,
                         max_position_embeddings=40, bos_token_id=size, sep_token_id=3, eos_token_id=2, pad_token_id=0))
    network = BlipForConditionalGeneration(config).eval()
    for name, parameter in network.named_parameters():
        # transformers' own weights are so small that all captions would be the same.
        if parameter.dim() == 1:
            parameter.copy_(("norm" in name.lower() and "weight" in name) + 0.1 * torch.randn_like(parameter))
        else:
            fan_in = parameter[0].numel() if parameter.dim() < 3 or "patch" in name else 1
            parameter.copy_(1.5 * torch.randn_like(parameter) / fan_in ** 0.5)
    network.save_pretrained(folder)
    random = numpy.random.default_rng(3)
    small = random.integers(0, 256, (7, 5, 3), dtype=numpy.uint8)
    images = [Image.fromarray(small).resize(size, Image.BILINEAR) for size in [(47, 64), (17, 11), (32, 32)]]
    processor = BlipImageProcessorPil(size={"height": 32, "width": 32})
    (folder / "preprocessor_config.json").write_text(json.dumps(
        {"image_processor_type": "BlipImageProcessor", "size": {"height": 32, "width": 32}, "image_mean": processor.image_mean,
         "image_std": processor.image_std, "rescale_factor": processor.rescale_factor, "resample": 3}))
    pixels = torch.cat([processor(images, return_tensors="pt")["pixel_values"], torch.randn(3, 3, 32, 32)]).contiguous()
    prompt = text("a photo of", add_special_tokens=False)["input_ids"]
    encoded = torch.tensor([[2] + prompt + [3]] * len(pixels))
    result = {"pixels": pixels, "vision": network.vision_model(pixels).last_hidden_state}
    start = torch.tensor([[size]] * len(pixels))
    result["first_logits"] = network.text_decoder(start, encoder_hidden_states=result["vision"]).logits[:, -1]
    for name, ids, options in (("greedy", None, {}), ("prompted", encoded, {}), ("beams", None, dict(num_beams=3))):
        made = network.generate(pixel_values=pixels, input_ids=ids, do_sample=False, max_new_tokens=12, **options)
        skipped = 1 if ids is None else len(prompt) + 1
        result[name] = made[:, skipped:].to(torch.int32)
    for place, image in enumerate(images):
        result[f"image_{place}"] = torch.tensor(numpy.array(image))
    captions = [text.decode([t for t in row if t != 3], skip_special_tokens=True).strip() for row in result["greedy"].tolist()]
    texts = {"texts": TEXTS, "ids": [text(t, add_special_tokens=False)["input_ids"] for t in TEXTS], "captions": captions,
             "decoded": [text.decode(text(t, add_special_tokens=False)["input_ids"], skip_special_tokens=True) for t in TEXTS]}
    print(captions, texts["decoded"], result["greedy"][:3].tolist(), sep="\n")
    save_file({k: v.contiguous() for k, v in result.items()}, folder / "expected.safetensors", {"texts": json.dumps(texts)})


main(Path(sys.argv[1]))
