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
    private static func divergences(teacher: Tensor, student: Tensor, temperature: Double) -> Tensor {
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
}
