import Dispatch

extension ImageWorld {
    /// Which part of each pixel the object covers, 0 to 255, for the images that `render` makes of the same
    /// arguments: `[count, side, side]`, row by row.
    ///
    /// What stands in front of the object is not taken off: a captioner that learns to find objects is to go
    /// on behind it.
    public static func silhouettes(
        count: Int, startingAt first: Int = 0, seed: UInt64, distribution: WorldDistribution, side: Int = 32,
        classes: [WorldObject] = WorldClassSet.basics.objects, labels: Labels = .balanced,
        stream: Stream = .foundation, workers: Int = 1
    ) -> [UInt8] {
        precondition(first >= 0 && count >= 0 && workers >= 1, "\(count) images by \(workers) workers")
        let plan = RenderPlan(
            seed: seed, stream: stream, distribution: distribution, side: side, classes: classes,
            labels: labels)
        let area = side * side
        return [UInt8](unsafeUninitializedCapacity: count * area) { buffer, initializedCount in
            // Sound because the threads write to disjoint runs of images and end before the closure does.
            nonisolated(unsafe) let destination = buffer
            DispatchQueue.concurrentPerform(iterations: workers) { worker in
                var painter = WorldPainter(side: side)
                for place in count * worker / workers..<count * (worker + 1) / workers {
                    var (_, scene, generator) = plan.scene(at: first + place)
                    let image = destination[place * area..<(place + 1) * area]
                    painter.paintSilhouette(
                        of: scene, into: UnsafeMutableBufferPointer(rebasing: image), using: &generator)
                }
            }
            initializedCount = count * area
        }
    }
}
