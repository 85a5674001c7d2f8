extension ScenarioKeys {
    static let synthesis =
        [
            ScenarioKey(
                "synthesis.foundation", \.synthesis.foundation, .foundation,
                "The text-to-image model: the built-in one, or a checkpoint in diffusers' folder layout."),
            ScenarioKey(
                "synthesis.lora", optional: \.synthesis.lora, .lora, absent: "the model as it is",
                "A low-rank adapter (LoRA) that is merged into the text-to-image model, as kohya, diffusers "
                    + "or peft "
                    + "write it; scale 1 is what it was trained for."),
            ScenarioKey(
                "synthesis.prompts", \.synthesis.prompts, .choice,
                "What the clients upload: a prompt per class, a caption per image, the embeddings of the "
                    + "class "
                    + "prompts, or the vector of a new word per class, learnt from the client's images "
                    + "(tailored)."
            ),
            ScenarioKey(
                "synthesis.captioner", \.synthesis.captioner, .captioner,
                "What captions images for prompts: instance; the built-in model, or a checkpoint in BLIP-2's "
                    + "folder layout."),
            ScenarioKey(
                "synthesis.embedding-precision", \.synthesis.embeddingPrecision, .choice,
                "The element type of uploaded embeddings and words."),
            ScenarioKey(
                "synthesis.tailoring.steps", \.synthesis.tailoring.steps, .integer(1...1_000_000),
                "Optimization steps for each word of prompts: tailored (textual inversion's paper: 5000)."),
            ScenarioKey(
                "synthesis.tailoring.batch", \.synthesis.tailoring.batch, .integer(1...4096),
                "Images per step of prompts: tailored (textual inversion's paper: 4 on each of two GPUs)."),
            ScenarioKey(
                "synthesis.tailoring.learning-rate", \.synthesis.tailoring.learningRate,
                .number(above: 0, atMost: 100),
                "The learning rate of prompts: tailored (textual inversion's paper: 0.005, times the batch "
                    + "of 8)."
            ),
            ScenarioKey(
                "synthesis.set", optional: \.synthesis.set,
                .path("a folder that `fgl-sim synthesize --scenario` has written"),
                absent: "the server synthesizes its set",
                "A synthetic set to start from; its images of the classes that clients describe are taken."),
            ScenarioKey(
                "synthesis.template", \.synthesis.template,
                .text("text that contains {class}, such as \"A photo of a {class}\"") {
                    $0.contains("{class}")
                },
                "The text of a class-level prompt; {class} stands for the name of the class."),
            ScenarioKey(
                "synthesis.templates", optional: \.synthesis.templates, .templates,
                absent: "synthesis.template for all",
                "The template for the images of some domains; synthesis.template is for the rest."),
            ScenarioKey(
                "synthesis.negative-prompt", optional: \.synthesis.negativePrompt,
                .text("text on one line") { !$0.isEmpty }, absent: "plain guidance",
                "What guidance leads away from (the authors' code: low quality, low resolution)."),
            ScenarioKey(
                "synthesis.per-class", \.synthesis.perClass, .integer(1...1_000_000),
                "Synthetic images per class (the paper's Figure 4b: 2,000 to 20,000)."),
            ScenarioKey(
                "synthesis.per-prompt", optional: \.synthesis.perPrompt, .integer(1...1_000_000),
                absent: "synthesis.per-class images of each class, shared among its prompts",
                "Synthetic images of each distinct prompt or embedding, each from a noise of its own; takes "
                    + "the "
                    + "place of synthesis.per-class."),
            ScenarioKey(
                "synthesis.real-per-class", \.synthesis.realPerClass, .integer(0...1_000_000),
                "Real training images of each class that the server has from elsewhere and mixes with the "
                    + "synthetic "
                    + "ones; drawn from the training set, where the clients hold them too."),
            ScenarioKey(
                "synthesis.steps", \.synthesis.steps, .integer(1...1000),
                "Denoising steps per image (the authors' code: 50)."),
            ScenarioKey(
                "synthesis.guidance", \.synthesis.guidance,
                .number(from: 0, to: 100),
                "The scale of classifier-free guidance (the authors' code: 2)."),
            ScenarioKey(
                "synthesis.batch-images", optional: \.synthesis.batchImages, .integer(1...1000),
                absent: "50; of a checkpoint with images above 64 pixels 1, on a GPU 8",
                "Images that are drawn together. A large batch needs much memory and helps a GPU alone; the "
                    + "last bits of images depend on it."),
            ScenarioKey(
                "synthesis.precision", optional: \.synthesis.precision, .choice,
                absent: "fp32",
                "The type of the foundation model's weights and products while images are drawn: bf16 and "
                    + "fp16 halve its memory and round to 8 and 11 bits; fp16 needs a GPU."),
            ScenarioKey(
                "synthesis.scheduler", \.synthesis.scheduler, .choice,
                "The noise scheduler; `checkpoint` is the model's own."),
            ScenarioKey(
                "synthesis.epochs", \.synthesis.epochs, .integer(1...100_000),
                "Passes over the synthetic images that train the one-shot model (the paper: 120)."),
        ] + optimizer("synthesis", \.synthesis.optimizer) + [
            ScenarioKey(
                "synthesis.fine-tune-epochs", \.synthesis.fineTuneEpochs, .integer(1...100_000),
                "Passes over the synthetic images after each aggregation of fgl-5-round-syn (the paper: 5)."),
            ScenarioKey(
                "synthesis.rounds", \.synthesis.rounds, .integer(1...100_000),
                "FedAvg rounds after the one-shot model in fgl-5-round and fgl-5-round-syn (the paper: 4)."
            ),
        ]
}
