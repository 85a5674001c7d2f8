import Core
import Models
import Scenarios

/// Images of horizontal and of vertical stripes in many colours.
struct Stripes: DataSource {
    let name = "stripes"
    let summary = "horizontal and vertical stripes, computed"

    func images(for settings: Scenario.Data) -> any LabelledImageSource { StripedImages() }
}

/// What `Stripes` computes; the same for the same options.
private struct StripedImages: LabelledImageSource {
    func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        LoadedImages(
            train: images(options.trainPerClass ?? 20, seed: 1, options.side),
            test: images(options.testPerClass ?? 10, seed: 2, options.side))
    }

    private func images(_ perClass: Int, seed: UInt64, _ side: Int) -> ImageSet {
        var generator = Xoshiro256(seed: seed)
        var pixels: [UInt8] = [], labels: [Int32] = []
        for _ in 0..<perClass {
            for label in 0..<2 {
                let width = Int.random(in: 2...4, using: &generator)
                let levels = (0..<3).map { _ in UInt8.random(in: 100...255, using: &generator) }
                for level in levels {
                    for row in 0..<side {
                        for column in 0..<side {
                            let position = label == 0 ? row : column
                            pixels.append(position / width % 2 == 0 ? level : level / 3)
                        }
                    }
                }
                labels.append(Int32(label))
            }
        }
        return ImageSet(
            side: side, pixels: pixels, labels: labels, classNames: ["horizontal", "vertical"])
    }
}
