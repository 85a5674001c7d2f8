extension ScenarioKeys {
    static func data(sets: [String]) -> [ScenarioKey] {
        let set = ScenarioKey(
            "data.set", \.data.set, .dataSet(among: sets),
            "Where the images come from (docs/tutorial.md); shapes is built in.")
        return [set] + data + owners
    }

    private static let data = [
        ScenarioKey(
            "data.path", optional: \.data.path,
            .path("the images, relative to the scenario's file or to the working directory"),
            absent: "required by every set but shapes",
            "The folder to read the images from."),
        ScenarioKey(
            "data.classes", \.data.classes, .classes, absent: "basics for shapes, otherwise all",
            "Which classes there are, in this order; sets and single objects of shapes may be mixed. The "
                + "shipped "
                + "captioner and foundation models know basics; builtin-hundred knows hundred, "
                + "builtin-photos CIFAR-10's classes."),
        ScenarioKey(
            "data.side", \.data.side, .integer(8...1024),
            "Width and height of the images in pixels; larger and smaller ones are resized."),
        ScenarioKey(
            "data.train-per-class", optional: \.data.trainPerClass, .integer(1...1_000_000),
            absent: "\(Scenario.Data.shapesTrainPerClass) for shapes, otherwise all",
            "Training images per class over all clients."),
        ScenarioKey(
            "data.test-per-class", optional: \.data.testPerClass, .integer(1...1_000_000),
            absent: "\(Scenario.Data.shapesTestPerClass) for shapes, otherwise all",
            "Test images per class."),
        ScenarioKey(
            "data.augmentation", \.data.augmentation, .choice,
            "What happens to a training image before each use: crop-flip takes a random resized crop of "
                + "0.75 to 1 of the area and flips half of the images."),
        ScenarioKey(
            "data.partition.kind", \.data.partition.kind, .choice,
            "How the training images are spread over the clients: in equal random parts, by Dirichlet "
                + "shares of each class, by domain, a few classes each, shards sorted by class, in "
                + "unequal parts, or each owner's to one client."),
        ScenarioKey(
            "data.partition.beta", \.data.partition.beta,
            .number(above: 0, atMost: 10_000),
            "The concentration of the Dirichlet distribution: the smaller, the fewer classes a client holds "
                + "(the paper: 0.01 and 0.5)."),
        ScenarioKey(
            "data.partition.minimum", \.data.partition.minimum, .integer(0...1_000_000),
            "A Dirichlet partition is drawn again until every client holds at least so many images "
                + "(the authors' code: 10)."),
        ScenarioKey(
            "data.partition.classes", optional: \.data.partition.classes, .integer(1...100_000), absent: "2",
            "How many classes each client holds (pathological)."),
        ScenarioKey(
            "data.partition.shards", optional: \.data.partition.shards, .integer(1...10_000), absent: "2",
            "How many shards each client holds (FedAvg's paper: 2)."),
        ScenarioKey(
            "data.partition.min-images", optional: \.data.partition.minImages, .integer(1...1_000_000),
            absent: "1",
            "Owners with fewer training images are no clients (natural)."),
        ScenarioKey(
            "data.partition.owners", optional: \.data.partition.owners, .choice, absent: "random",
            "Which owners are the clients where there are more than clients (natural): a random choice, "
                + "another for each seed, or those with the most images, the largest first."),
        ScenarioKey(
            "data.partition.per-client", optional: \.data.partition.perClient, .integer(1...1_000_000),
            absent: "every image belongs to exactly one client",
            "Images that each client draws for itself from the whole set by the same rule, when it is first "
                + "needed: several clients may hold the same image, so there may be a million clients."),
        ScenarioKey(
            "data.styles", optional: \.data.styles, .styles, absent: "photos: [real]",
            "How the images of shapes are made, each style a domain with train-per-class and test-per-class "
                + "images of "
                + "every class. The shipped foundation models have seen all styles but quickdraw."),
        ScenarioKey(
            "data.strict", \.data.strict, .flag,
            "Whether an unreadable image, or one in another format than JPEG and PNG, ends the run; "
                + "otherwise it is "
                + "left out and counted."),
        ScenarioKey(
            "data.class-names", optional: \.data.classNames, .classNames,
            absent:
                "class-names.txt in the data's folder, else known names of WordNet ids, else folders or "
                + "labels",
            "What classes are called in prompts (docs/tutorial.md)."),
        ScenarioKey(
            "data.test-fraction", optional: \.data.testFraction,
            .number("a number above 0, below 1") { $0 > 0 && $0 < 1 },
            absent: "0.2 of folders without train and test; a train without a test is an error",
            "The fraction of each class, or of each owner's images of leaf, that is drawn for the test set "
                + "of a folder without one; the same for every seed."),
        ScenarioKey(
            "data.labels", optional: \.data.labels, .choice, absent: "fine",
            "Which labels of CIFAR-100 are the classes: the hundred or their twenty superclasses."),
    ]
}
