"""Makes blip-t5-tiny: a randomly initialised BLIP-2 with FLAN-T5's shape and a unigram tokenizer, and what transformers
computes for it.

    python blip2_t5.py DIRECTORY

Made with transformers 5.23, torch 2.13.
"""
import json, sys
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import UnigramTrainer
from transformers import Blip2Config, Blip2ForConditionalGeneration
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

TEXTS = ["a photo of two cats", "Question: how many stars are there? Answer:", "  leading,  spaces ", "naïve ½ x² ﬁne",
         "日本 stars", "", " ", "unknown \U0001f642\U0001f642 sign", "the the the stars"]


def tokenizer(folder):
    corpus = ["a photo of a red star on a blue background", "two cats and three stars", "Question: how many are there? Answer: two"] * 9
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.train_from_iterator(corpus, UnigramTrainer(
        vocab_size=90, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    made.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], special_tokens=[("</s>", 1)])
    made.save(str(folder / "tokenizer.json"))
    return made


@torch.no_grad()
def main(root):
    folder = root / "blip-t5-tiny"
    folder.mkdir(parents=True, exist_ok=True)
    text = tokenizer(folder)
    size = text.get_vocab_size()
    torch.manual_seed(5)
    config = Blip2Config(
        num_query_tokens=4, image_token_index=size + 1,
        vision_config=dict(hidden_size=24, intermediate_size=32, num_hidden_layers=1, num_attention_heads=3, image_size=32, patch_size=8),
        qformer_config=dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, encoder_hidden_size=24, vocab_size=50),
        text_config=dict(model_type="t5", vocab_size=size + 3, d_model=20, d_kv=6, d_ff=28, num_layers=2, num_heads=2,
                         relative_attention_num_buckets=8, relative_attention_max_distance=12, feed_forward_proj="gated-gelu",
                         tie_word_embeddings=False, bos_token_id=1, eos_token_id=1, pad_token_id=0, decoder_start_token_id=0))
    network = Blip2ForConditionalGeneration(config).eval()
    for name, parameter in network.named_parameters():
        # transformers' own weights are so small that all captions would be the same.
        if parameter.dim() == 1:
            parameter.copy_(("norm" in name.lower() and "weight" in name) + 0.1 * torch.randn_like(parameter))
        else:
            fan_in = parameter[0].numel() if parameter.dim() < 3 or "patch" in name else 1
            parameter.copy_((1 if "shared" in name or "bias" in name else 1.5 / fan_in ** 0.5) * torch.randn_like(parameter))
    # The head of FLAN-T5 is a matrix of its own; today's transformers would tie it to the embeddings.
    head = torch.nn.Linear(20, size + 3, bias=False)
    head.weight.copy_(torch.randn(size + 3, 20) / 4)
    network.language_model.lm_head = head
    network.language_model.config.scale_decoder_outputs = False
    state = {name: tensor.contiguous().clone() for name, tensor in network.state_dict().items()
             if not name.endswith("embed_tokens.weight")}
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    network.config.save_pretrained(folder)
    random = numpy.random.default_rng(3)
    image = random.integers(0, 256, (32, 32, 3), dtype=numpy.uint8)
    processor = BlipImageProcessorPil(size={"height": 32, "width": 32})
    (folder / "processor_config.json").write_text(json.dumps({"image_processor": {
        "image_processor_type": "BlipImageProcessor", "size": {"height": 32, "width": 32}, "image_mean": processor.image_mean,
        "image_std": processor.image_std, "rescale_factor": processor.rescale_factor, "resample": 3}, "num_query_tokens": 4}))
    pixels = torch.cat([processor([Image.fromarray(image)], return_tensors="pt")["pixel_values"], torch.randn(3, 3, 32, 32)]).contiguous()
    queries = [size + 1] * 4
    result = {"pixels": pixels, "image": torch.tensor(image)}
    prompt = text.encode("a photo of").ids
    for name, ids, options in (("greedy", [1], {}), ("prompted", prompt, {}), ("beams", [1], dict(num_beams=3))):
        asked = torch.tensor([queries + ids] * len(pixels))
        made = network.generate(pixel_values=pixels, input_ids=asked, do_sample=False, max_new_tokens=14, **options)
        result[name] = made[:, 1:].to(torch.int32)
    embeds = network.get_input_embeddings()(torch.tensor([queries + [1]] * len(pixels)))
    read = network.language_projection(network.qformer(
        query_embeds=network.query_tokens.expand(len(pixels), -1, -1),
        encoder_hidden_states=network.vision_model(pixels).last_hidden_state).last_hidden_state)
    embeds[:, :4] = read
    result["first_logits"] = network.language_model(
        inputs_embeds=embeds, decoder_input_ids=torch.zeros(len(pixels), 1, dtype=torch.long)).logits[:, -1]
    texts = {"texts": TEXTS, "ids": [text.encode(t, add_special_tokens=False).ids for t in TEXTS], "prompt": prompt,
             "captions": [text.decode(row, skip_special_tokens=True).strip() for row in result["greedy"].tolist()],
             "decoded": [text.decode(text.encode(t).ids, skip_special_tokens=True) for t in TEXTS]}
    print(texts, result["greedy"].tolist(), sep="\n")
    save_file({k: v.contiguous() for k, v in result.items()}, folder / "expected.safetensors", {"texts": json.dumps(texts)})


main(Path(sys.argv[1]))
