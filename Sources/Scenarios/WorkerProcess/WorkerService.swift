import Core
import Foundation
import Models
import RunLog

/// `fgl-sim worker`: does pieces of work that come as frames, one after the other, and answers with their
/// results.
///
/// What comes is not trusted: a text whose hash is not its key, a kind that is unknown, bytes that do not
/// have their hash are answered with the reason, and the process goes on.
public final class WorkerService: Sendable {
    /// What a worker is started with.
    public struct Options: Sendable {
        /// The program and all that bits depend on.
        public var build: String
        /// Where it computes.
        public var device: Torch.Device
        /// Its folder for bytes.
        public var cacheFolder: String
        /// How many bytes that may hold.
        public var cacheLimitBytes: Int
        /// A folder that the driver sees, too.
        public var sharedFolder: String?

        public init(
            build: String, device: Torch.Device, cacheFolder: String, cacheLimitBytes: Int,
            sharedFolder: String?
        ) {
            self.build = build
            self.device = device
            self.cacheFolder = cacheFolder
            self.cacheLimitBytes = cacheLimitBytes
            self.sharedFolder = sharedFolder
        }
    }

    private let options: Options
    private let output: Monitor<Int32>
    private let frames = Monitor<[Frame]>([])

    /// A worker that writes to a descriptor.
    public init(_ options: Options, output: Int32) {
        self.options = options
        self.output = Monitor(output)
    }

    /// Reads frames until the stream ends, and with it the process. A sign of life goes out every five
    /// seconds, so that a process that has stopped is told from one that computes.
    ///
    /// - Throws: `TorchError`; `DetachedThread.Unavailable`; errors of the shipped models.
    public func run(input: Int32) throws -> Never {
        try Torch.use(options.device)
        Torch.prepareThread()
        let machine = try MachineType(build: options.build, device: options.device)
        send(Frame(WorkerHello(hello: 1, type: machine.name, machine: machine.text)))
        try DetachedThread.start("signs of life") { [self] in
            while true {
                sleep(5)
                var reply = WorkerReply()
                reply.alive = true
                send(Frame(reply))
            }
        }
        try DetachedThread.start("frames") { [self] in
            while let frame = Frame.read(from: input) { frames.update { $0.append(frame) } }
            // Nobody asks any more, and what is under way is not waited for: libtorch must not be unloaded
            // under it.
            _exit(0)
        }
        var bench = WorkBench(options)
        while true { send(bench.answer(frames.wait { $0.isEmpty ? nil : $0.removeFirst() })) }
    }

    private func send(_ frame: Frame) {
        // One after the other: the signs of life come from another thread.
        output.update { _ = frame.write(to: $0) }
    }
}
