import Core
import Dispatch

/// The built-in image world `shapes`: pictures of named objects, rendered from signed distances.
///
/// Everything about image *i* of a set comes from (seed, stream, i), so it does not depend on how many images
/// are rendered, in which order, or on how many threads.
public enum ImageWorld {
    /// Which of several sets that never share a random number. Sets for training and for testing come from
    /// different streams.
    public enum Stream: UInt64, CaseIterable, Sendable {
        /// The corpus of the foundation model.
        case foundation = 1
        /// The clients' private images.
        case privateTraining = 2
        /// The images on which models are tested.
        case privateTest = 3
    }

    /// How an image gets its class.
    public enum Labels: Sendable {
        /// Image i is of class i mod (number of classes).
        case balanced
        /// Every image draws its class, all equally probable.
        case drawn
    }

    /// Names of the ten classes that are meant where nothing else is said, by class index.
    public static var classNames: [String] { WorldClassSet.basics.names }

    /// Names of the six domains, by domain index.
    public static var domainNames: [String] { WorldStyle.allCases.map(\.name) }

    /// Renders a set: labels are indices into `classes`, domains are styles, captions are of `captionForm`.
    ///
    /// - Parameters:
    ///   - count: number of images.
    ///   - first: index of the first image, so that a large set can be rendered piece by piece.
    ///   - seed: with `stream` and the index of an image, all that its content depends on.
    ///   - distribution: bounds of everything random; must be valid.
    ///   - side: width and height in pixels, at least 8.
    ///   - classes: the kinds of objects to draw.
    ///   - labels: how classes are given out.
    ///   - captionForm: how much the captions say; `classCaptions(of:)` gives the shorter ones later.
    ///   - stream: which of the disjoint sets of this seed.
    ///   - workers: threads to use; the result is the same for any number.
    /// - Complexity: O(count · side²), about 0.07 ms per image of side 32 and thread.
    public static func render(
        count: Int, startingAt first: Int = 0, seed: UInt64, distribution: WorldDistribution, side: Int = 32,
        classes: [WorldObject] = WorldClassSet.basics.objects, labels: Labels = .balanced,
        captionForm: WorldCaptionForm = .full, stream: Stream = .foundation, workers: Int = 1
    ) -> ImageSet {
        precondition(first >= 0 && count >= 0 && workers >= 1, "\(count) images by \(workers) workers")
        precondition(!classes.isEmpty, "a world without objects")
        do { try distribution.validate() } catch { preconditionFailure("\(error)") }

        let plan = RenderPlan(
            seed: seed, stream: stream, distribution: distribution, side: side, classes: classes,
            labels: labels)
        let pixels = plan.pixels(of: first..<first + count, workers: workers)
        var classIndices: [Int32] = []
        var domains: [Int32] = []
        var captions: [String] = []
        for index in first..<first + count {
            // Drawn a second time rather than kept by the threads: a microsecond an image instead of memory.
            let (label, scene, _) = plan.scene(at: index)
            classIndices.append(Int32(label))
            domains.append(scene.caption.style.rawValue)
            captions.append(scene.caption.text(captionForm))
        }
        return ImageSet(
            side: side, pixels: pixels, labels: classIndices, classNames: classes.map(\.name),
            domains: domains, domainNames: domainNames, captions: captions)
    }

    /// Private images of the narrow distribution, balanced over the classes; `count = classes · perClass`.
    ///
    /// - Parameters:
    ///   - perClass: images of each class.
    ///   - seed: the world's seed; training and test sets of one seed share no random number.
    ///   - stream: `privateTraining` or `privateTest`.
    ///   - side: width and height in pixels.
    ///   - domain: the style of all images; photos by default, another one for clients with skewed features.
    ///   - classes: the kinds of objects to draw.
    ///   - workers: threads to use.
    public static func privateSet(
        perClass: Int, seed: UInt64, stream: Stream = .privateTraining, side: Int = 32,
        domain: WorldStyle = .real, classes: [WorldObject] = WorldClassSet.basics.objects, workers: Int = 1
    ) -> ImageSet {
        var distribution = WorldDistribution.private
        distribution.styleWeights = WorldStyle.allCases.map { $0 == domain ? 1 : 0 }
        return render(
            count: perClass * classes.count, seed: seed, distribution: distribution, side: side,
            classes: classes, stream: stream, workers: workers)
    }

    /// The class-only caption of every image of a set that this world rendered: "A photo of a star".
    ///
    /// - Precondition: the set's domains are those of the world.
    public static func classCaptions(of set: ImageSet) -> [String] {
        precondition(set.domainNames == domainNames, "the domains \(set.domainNames) are not the world's")
        return (0..<set.count).map { index in
            WorldCaption.classOnly(
                object: set.classNames[Int(set.labels[index])],
                style: WorldStyle.allCases[Int(set.domains[index])])
        }
    }
}

/// What all images of one set have in common.
struct RenderPlan: Sendable {
    var seed: UInt64
    var stream: ImageWorld.Stream
    var distribution: WorldDistribution
    var side: Int
    var classes: [WorldObject]
    var labels: ImageWorld.Labels

    /// The class and the scene of an image, and the generator from which its pixels go on drawing.
    func scene(at index: Int) -> (label: Int, scene: WorldScene, generator: RandomStream) {
        var generator = RandomStream(seed: seed, streamWords: [stream.rawValue, UInt64(index)])
        let label =
            switch labels {
            case .balanced: index % classes.count
            case .drawn: generator.index(below: classes.count)
            }
        let scene = WorldScene(of: classes[label], from: distribution, using: &generator)
        return (label, scene, generator)
    }

    /// Pixels of some images of the set, `[indices.count, 3, side, side]`, painted by `workers` threads.
    func pixels(of indices: Range<Int>, workers: Int) -> [UInt8] {
        let count = indices.count
        let bytesPerImage = 3 * side * side
        return [UInt8](unsafeUninitializedCapacity: count * bytesPerImage) { buffer, initializedCount in
            // Sound because the threads write to disjoint runs of images and end before the closure does.
            nonisolated(unsafe) let destination = buffer
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                var painter = WorldPainter(side: side)
                for place in count * worker / workers..<count * (worker + 1) / workers {
                    var (_, scene, generator) = scene(at: indices.lowerBound + place)
                    let image = destination[place * bytesPerImage..<(place + 1) * bytesPerImage]
                    painter.paint(
                        scene, into: UnsafeMutableBufferPointer(rebasing: image), using: &generator)
                }
            }
            initializedCount = count * bytesPerImage
        }
    }
}
