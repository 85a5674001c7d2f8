"""Makes blip2-variant: a randomly initialised BLIP-2 checkpoint of another shape than blip2-tiny, with a
tokenizer, and what transformers computes for it.

    pip install torch transformers pillow && python blip2.py

Its choices differ from blip2-tiny's wherever the configuration has one: normalization after the layers, no
biases, a head of its own, other activations, patches that do not cover the image, another frequency of
cross-attention. Made with transformers 5.23, torch 2.13.
"""

import json
import os

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import ByteLevelBPETokenizer
from transformers import Blip2Config, Blip2ForConditionalGeneration, GPT2Tokenizer
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "blip2-variant")
TEXTS = [
    "a photo of two cats", "Question: how many stars are there? Answer:", "don't we'll I'M  you've\n\n\tdone ",
    "  leading, trailing  ", "naïve Ångström ½ x² 2024", "日本 🙂 \u200b\xa0 nbsp", "", " ", "</s>a<pad> star</s>",
    "\r\n\r\n mixed\u3000space ''s 'S", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]


def tokenizer():
    corpus = ["a photo of a red star on a blue background", "two cats and three stars", "there are many questions"] * 9
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(corpus, vocab_size=320, min_frequency=2,
                            special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    bpe.save_model(FOLDER)
    specials = {"bos_token": "</s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "</s>"}
    with open(f"{FOLDER}/special_tokens_map.json", "w") as file:
        json.dump(specials, file, indent=1)
    with open(f"{FOLDER}/tokenizer_config.json", "w") as file:
        json.dump({**specials, "tokenizer_class": "GPT2Tokenizer", "errors": "replace"}, file, indent=1)
    return GPT2Tokenizer(vocab=f"{FOLDER}/vocab.json", merges=f"{FOLDER}/merges.txt", **specials)


def model():
    torch.manual_seed(7)
    config = Blip2Config(
        num_query_tokens=5, image_token_index=330,
        vision_config=dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=30,
                           patch_size=8, hidden_act="quick_gelu", layer_norm_eps=1e-5, qkv_bias=False),
        qformer_config=dict(hidden_size=20, intermediate_size=28, num_hidden_layers=4, num_attention_heads=2,
                            cross_attention_frequency=3, encoder_hidden_size=24, vocab_size=50),
        text_config=dict(model_type="opt", vocab_size=336, hidden_size=24, word_embed_proj_dim=24, ffn_dim=36,
                         num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=40,
                         activation_function="gelu", do_layer_norm_before=False, enable_bias=False,
                         tie_word_embeddings=False, bos_token_id=2, eos_token_id=[18, 149], pad_token_id=1))
    network = Blip2ForConditionalGeneration(config).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            # transformers' own weights are so small that all captions would be the same.
            if parameter.dim() == 1:
                parameter.copy_(("norm" in name.lower() and "weight" in name) + 0.1 * torch.randn_like(parameter))
            else:
                fan_in = parameter[0].numel() if parameter.dim() < 3 or "patch" in name else 1
                parameter.copy_(1.5 * torch.randn_like(parameter) / fan_in ** 0.5)
    network.save_pretrained(FOLDER)
    return network


def generate(network, pixels, tokens, **options):
    queries = [network.config.image_token_index] * network.config.num_query_tokens
    ids = torch.tensor([queries + tokens] * len(pixels))
    result = network.generate(pixel_values=pixels, input_ids=ids, do_sample=False, **options)
    return result[:, ids.shape[1]:].to(torch.int32).contiguous()


@torch.no_grad()
def main():
    os.makedirs(FOLDER, exist_ok=True)
    text, network = tokenizer(), model()
    random = numpy.random.default_rng(3)
    small = random.integers(0, 256, (7, 5, 3), dtype=numpy.uint8)
    images = [Image.fromarray(small).resize(size, Image.BILINEAR) for size in [(47, 64), (64, 47), (17, 11), (30, 30)]]
    processor = BlipImageProcessorPil(size={"height": 30, "width": 30})
    with open(f"{FOLDER}/preprocessor_config.json", "w") as file:
        json.dump({"image_processor_type": "BlipImageProcessor", "size": {"height": 30, "width": 30}, "resample": 3,
                   "image_mean": processor.image_mean, "image_std": processor.image_std,
                   "rescale_factor": processor.rescale_factor}, file, indent=1)
    prepared = processor(images, return_tensors="pt")["pixel_values"]
    pixels = torch.cat([prepared[:2], torch.randn(4, 3, 30, 30)]).contiguous()
    vision = network.vision_model(pixels).last_hidden_state
    queries = network.qformer(query_embeds=network.query_tokens.expand(len(pixels), -1, -1), encoder_hidden_states=vision)
    start = [network.config.text_config.bos_token_id]
    ids = torch.tensor([[330] * 5 + start] * len(pixels))
    prompt = text("a photo of", add_special_tokens=False)["input_ids"]
    expected = {
        "pixel_values": pixels, "vision_last_hidden_state": vision,
        "qformer_last_hidden_state": queries.last_hidden_state,
        "language_projection": network.language_projection(queries.last_hidden_state),
        "first_logits": network(pixel_values=pixels, input_ids=ids).logits[:, -1],
        "greedy_ids": torch.cat([ids[:, -1:].to(torch.int32), generate(network, pixels, start, max_new_tokens=12)], 1),
        "prompted_ids": generate(network, pixels, start + prompt, max_new_tokens=12),
    }
    for beams, penalty, stopping in [(2, 1.0, False), (4, 1.0, False), (4, 2.0, True), (3, 0.0, "never"), (5, -1.0, False)]:
        expected[f"beam_ids {beams} {penalty} {stopping}"] = generate(
            network, pixels, start, max_new_tokens=12, num_beams=beams, length_penalty=penalty, early_stopping=stopping)
    for index, image in enumerate(images):
        expected[f"image_{index}"] = torch.from_numpy(numpy.array(image))
        expected[f"prepared_{index}"] = prepared[index]
    encoded = [text(t, add_special_tokens=False)["input_ids"] for t in TEXTS]
    ends = network.config.text_config.eos_token_id
    captions = [text.decode([token for token in row if token not in ends], skip_special_tokens=True)
                for row in expected["greedy_ids"].tolist()]
    save_file({name: tensor.contiguous() for name, tensor in expected.items()}, f"{FOLDER}/expected.safetensors",
              metadata={"texts": json.dumps(TEXTS), "ids": json.dumps(encoded), "prompt": json.dumps(prompt),
                        "captions": json.dumps([caption.strip() for caption in captions])})
    for name in expected:
        if name.endswith("_ids") or name.startswith("beam"):
            print(name, expected[name].tolist())


main()
