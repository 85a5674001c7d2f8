import Models

extension Scenario {
    /// The section `synthesis`: image synthesis at the server and training on its result.
    public struct Synthesis: Sendable, Equatable {
        /// The text-to-image model.
        public var foundation: FoundationModel = .builtin
        /// A low-rank adapter that is merged into it.
        public var lora: LoRAReference?
        /// What the clients upload.
        public var prompts: Prompts = .classLevel
        /// What describes images for instance-level prompts.
        public var captioner: CaptionerModel = .builtin
        /// The element type of uploaded embeddings.
        public var embeddingPrecision: EmbeddingPrecision = .float16
        /// How clients learn words.
        public var tailoring = Tailoring()
        /// A folder with a synthetic set to start from instead of synthesizing one.
        public var set: String?
        /// The text of a prompt; `{class}` stands for the name of the class.
        public var template: String = "A photo of a {class}"
        /// Texts of prompts for images of some domains, in the place of `template`.
        public var templates: [DomainTemplate]?
        /// What images are led away from.
        public var negativePrompt: String?
        /// Synthetic images per class.
        public var perClass: Int = 2000
        /// Synthetic images of each distinct prompt, whatever `perClass` says; `nil` leaves it to that.
        public var perPrompt: Int?
        /// Real training images per class that the server holds and adds to its synthetic ones.
        public var realPerClass: Int = 0
        /// Denoising steps per image.
        public var steps: Int = 50
        /// The scale of classifier-free guidance.
        public var guidance: Double = 2
        /// Images that go through the networks together; `nil` leaves it to the checkpoint's size.
        public var batchImages: Int?
        /// The type of the foundation model's weights and products; `nil` is float32.
        public var precision: SynthesisPrecision?
        /// The noise scheduler.
        public var scheduler: Scheduler = .checkpoint
        /// Passes over the synthetic images that train the one-shot model.
        public var epochs: Int = 120
        /// The optimizer at the server.
        public var optimizer = Optimizer(weightDecay: 2e-4)
        /// Passes over the synthetic images after each aggregation of `fgl-5-round-syn`.
        public var fineTuneEpochs: Int = 5
        /// FedAvg rounds that follow the one-shot model in the multi-round methods.
        public var rounds: Int = 4
    }

    /// The text of class-level prompts for the images of one domain.
    public struct DomainTemplate: Sendable, Hashable {
        /// The domain's name.
        public var domain: String
        /// The text; `{class}` stands for the name of the class.
        public var text: String
    }

    /// The text-to-image models.
    public enum FoundationModel: Sendable, Hashable {
        /// A model shipped with this package.
        case shipped(FoundationQuality)
        /// A checkpoint in diffusers' folder layout.
        case folder(String)

        /// The model that ships for everyday use.
        public static var builtin: FoundationModel { .shipped(.base) }
    }

    /// The models that caption images.
    public enum CaptionerModel: Sendable, Hashable {
        /// The model shipped with this package.
        case builtin
        /// A checkpoint in BLIP-2's folder layout.
        case folder(String)
    }

    /// The element types of uploaded embeddings.
    public enum EmbeddingPrecision: String, Sendable, CaseIterable, Codable {
        /// Two bytes an element.
        case float16
        /// Four bytes an element.
        case float32
    }

    /// What a client uploads to describe its images.
    public enum Prompts: String, Sendable, CaseIterable {
        /// One prompt per class that a client holds.
        case classLevel = "class"
        /// A caption of each image.
        case instanceLevel = "instance"
        /// The states that the client's text encoder gives for its class-level prompts.
        case embeddings
        /// A new word for each class that a client holds, learnt from its images: its vector in the text
        /// encoder.
        case tailored
    }

    /// The section `synthesis.tailoring`: how clients learn words for `prompts: tailored`.
    public struct Tailoring: Sendable, Equatable {
        /// Steps of the optimizer for each word.
        public var steps: Int = 500
        /// Images a step.
        public var batch: Int = 4
        /// The constant learning rate.
        public var learningRate: Double = 0.005
    }

    /// The noise schedulers of the diffusion sampler, by the names of `Models.Samplers`.
    public enum Scheduler: String, Sendable, CaseIterable {
        /// The one that the checkpoint's own `scheduler_config.json` names.
        case checkpoint
        /// Denoising diffusion implicit models, <https://arxiv.org/abs/2010.02502>.
        case ddim
        /// Euler's method on noise levels, <https://arxiv.org/abs/2206.00364>.
        case euler
        /// DPM-Solver++ of order two, <https://arxiv.org/abs/2211.01095>.
        case dpmSolver = "dpm-solver"
        /// Pseudo linear multistep, <https://arxiv.org/abs/2202.09778>.
        case pndm
        /// Euler's method with fresh noise, <https://arxiv.org/abs/2206.00364>.
        case eulerAncestral = "euler-ancestral"
        /// Heun's method, <https://arxiv.org/abs/2206.00364>.
        case heun
        /// Predictor and corrector, <https://arxiv.org/abs/2302.04867>.
        case unipc
        /// Denoising diffusion probabilistic models, <https://arxiv.org/abs/2006.11239>.
        case ddpm
        /// Latent consistency models, <https://arxiv.org/abs/2310.04378>.
        case lcm
    }
}
