/// The names that classes have in prompts where the folders are called by WordNet ids, as ImageNet's are.
package enum ImageFolderClassNames {
    /// The name of each folder in the tables, in the same order; nil for a folder that is in none.
    ///
    /// Folders that all belong to the paper's four subsets of ImageNet take the names of its prompts
    /// ("cockatoo"); other ids take the first synonym of ImageNet's label ("sulphur-crested cockatoo"), as
    /// the paper's ImageNet-100 does, where the garden spider of ImageYellow stands beside another one.
    package static func known(_ folders: [String]) -> [String?] {
        if folders.allSatisfy({ subsets[$0] != nil }) { return folders.map { subsets[$0] } }
        return folders.map { imageNet100[$0] ?? subsets[$0] ?? imagewoof[$0] }
    }

    /// Imagewoof's ten breeds (https://github.com/fastai/imagenette).
    static let imagewoof: [String: String] = [
        "n02086240": "Shih-Tzu", "n02087394": "Rhodesian ridgeback", "n02088364": "beagle",
        "n02089973": "English foxhound", "n02093754": "Border terrier", "n02096294": "Australian terrier",
        "n02099601": "golden retriever", "n02105641": "Old English sheepdog", "n02111889": "Samoyed",
        "n02115641": "dingo",
    ]

    /// ImageNette, ImageFruit, ImageYellow and ImageSquawk (arXiv 2306.16064).
    static let subsets: [String: String] = [
        "n01440764": "tench", "n02102040": "English springer", "n02979186": "cassette player",
        "n03000684": "chain saw", "n03028079": "church", "n03394916": "French horn",
        "n03417042": "garbage truck", "n03425413": "gas pump", "n03445777": "golf ball",
        "n03888257": "parachute",
        "n07753275": "pineapple", "n07753592": "banana", "n07745940": "strawberry", "n07747607": "orange",
        "n07749582": "lemon", "n07768694": "pomegranate", "n07753113": "fig", "n07720875": "bell pepper",
        "n07718472": "cucumber", "n07742313": "green apple",
        "n02206856": "bee", "n12057211": "ladys slipper", "n12144580": "corn", "n04146614": "school bus",
        "n03530642": "honeycomb", "n02129165": "lion", "n01773157": "garden spider", "n01531178": "goldfinch",
        "n01806143": "peacock", "n02007558": "flamingo", "n01818515": "macaw", "n02051845": "pelican",
        "n02056570": "king penguin", "n01614925": "bald eagle", "n01843383": "toucan", "n01518878": "ostrich",
        "n01860187": "black swan", "n01819313": "cockatoo",
    ]

    /// The paper's ImageNet-100, by the first synonym of ImageNet's label.
    static let imageNet100: [String: String] = [
        "n01440764": "tench", "n01443537": "goldfish", "n01484850": "great white shark",
        "n01491361": "tiger shark", "n01494475": "hammerhead", "n01496331": "electric ray",
        "n01498041": "stingray", "n01514668": "cock", "n01514859": "hen", "n01531178": "goldfinch",
        "n01537544": "indigo bunting", "n01560419": "bulbul", "n01582220": "magpie", "n01592084": "chickadee",
        "n01601694": "water ouzel", "n01608432": "kite", "n01614925": "bald eagle",
        "n01622779": "great grey owl", "n01630670": "common newt", "n01632458": "spotted salamander",
        "n01632777": "axolotl", "n01644900": "tailed frog", "n01664065": "loggerhead",
        "n01665541": "leatherback turtle", "n01667114": "mud turtle", "n01667778": "terrapin",
        "n01675722": "banded gecko", "n01677366": "common iguana", "n01685808": "whiptail",
        "n01687978": "agama", "n01693334": "green lizard", "n01695060": "Komodo dragon",
        "n01698640": "American alligator", "n01728572": "thunder snake", "n01729322": "hognose snake",
        "n01729977": "green snake", "n01734418": "king snake", "n01735189": "garter snake",
        "n01739381": "vine snake", "n01740131": "night snake", "n01742172": "boa constrictor",
        "n01749939": "green mamba", "n01751748": "sea snake", "n01753488": "horned viper",
        "n01755581": "diamondback", "n01756291": "sidewinder", "n01770081": "harvestman",
        "n01770393": "scorpion", "n01773157": "black and gold garden spider", "n01773549": "barn spider",
        "n01773797": "garden spider", "n01774384": "black widow", "n01774750": "tarantula",
        "n01775062": "wolf spider", "n01776313": "tick", "n01795545": "black grouse",
        "n01796340": "ptarmigan",
        "n01798484": "prairie chicken", "n01806143": "peacock", "n01818515": "macaw",
        "n01819313": "sulphur-crested cockatoo", "n01820546": "lorikeet", "n01824575": "coucal",
        "n01828970": "bee eater", "n01829413": "hornbill", "n01833805": "hummingbird", "n01843383": "toucan",
        "n01847000": "drake", "n01855672": "goose", "n01860187": "black swan", "n01877812": "wallaby",
        "n01883070": "wombat", "n01910747": "jellyfish", "n01914609": "sea anemone", "n01924916": "flatworm",
        "n01930112": "nematode", "n01943899": "conch", "n01944390": "snail", "n01950731": "sea slug",
        "n01955084": "chiton", "n01968897": "chambered nautilus", "n01978287": "Dungeness crab",
        "n01978455": "rock crab", "n01984695": "spiny lobster", "n01985128": "crayfish",
        "n01986214": "hermit crab", "n02002556": "white stork", "n02006656": "spoonbill",
        "n02007558": "flamingo", "n02011460": "bittern", "n02012849": "crane", "n02013706": "limpkin",
        "n02018207": "American coot", "n02018795": "bustard", "n02027492": "red-backed sandpiper",
        "n02028035": "redshank", "n02037110": "oystercatcher", "n02051845": "pelican",
        "n02058221": "albatross", "n02077923": "sea lion",
    ]
}
