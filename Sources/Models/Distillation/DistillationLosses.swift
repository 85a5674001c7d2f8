/// What one classifier is told by the logits of others.
public enum DistillationLosses {
    /// The mean over a batch of T² · KL(p ‖ q), with p and q the softmax of logits over T: Hinton et al.,
    /// "Distilling the Knowledge in a Neural Network", https://arxiv.org/abs/1503.02531.
    ///
    /// - Parameters:
    ///   - teacher: logits of p, `[N, K]`.
    ///   - student: logits of q, `[N, K]`.
    ///   - temperature: T.
    /// - Returns: a tensor of one element.
    public static func divergence(teacher: Tensor, student: Tensor, temperature: Double = 1) -> Tensor {
        divergences(teacher: teacher, student: student, temperature: temperature).mean()
    }

    /// The same by image, `[N]`.
    static func divergences(teacher: Tensor, student: Tensor, temperature: Double) -> Tensor {
        let p = (teacher / temperature).logSoftmax(), q = (student / temperature).logSoftmax()
        return (p.exp() * (p - q)).sum([1]) * (temperature * temperature)
    }

    /// The part of the divergence that comes of images between the decision boundaries of the two: the sum
    /// over those that they classify differently, over N.
    ///
    /// DENSE, https://arxiv.org/abs/2112.12371, equation 4, without its sign: a generator makes it large.
    ///
    /// - Returns: a tensor of one element.
    public static func boundaryDivergence(teacher: Tensor, student: Tensor) -> Tensor {
        let differs = -teacher.argmax(1).equals(student.argmax(1)).to(.float32) + 1
        return (divergences(teacher: teacher, student: student, temperature: 1) * differs).mean()
    }

    /// The cross-entropy of images in which hard ones count more: the mean of (1 − p)ʰ times the loss of
    /// each, with p the probability of its label, through which no gradient goes.
    ///
    /// Co-Boosting, https://arxiv.org/abs/2402.15070: the difficulty of a sample and its loss for hard
    /// samples.
    ///
    /// - Parameters:
    ///   - logits: `[N, K]`.
    ///   - labels: one for each image.
    ///   - hardness: h; at 0 it is the cross-entropy.
    /// - Returns: a tensor of one element.
    public static func hardCrossEntropy(_ logits: Tensor, labels: [Int64], hardness: Double) -> Tensor {
        let losses = -(logits.logSoftmax() * oneHot(labels, classes: logits.shape[1])).sum([1])
        let difficulty = (-(-losses.detached()).exp() + 1).clamp(0, 1)
        return (losses * difficulty.power(hardness)).mean()
    }

    /// 1 at the label of each image, otherwise 0, `[N, classes]`.
    static func oneHot(_ labels: [Int64], classes: Int) -> Tensor {
        var values = [Float](repeating: 0, count: labels.count * classes)
        for (row, label) in labels.enumerated() { values[row * classes + Int(label)] = 1 }
        return Tensor(values, shape: [labels.count, classes])
    }
}
