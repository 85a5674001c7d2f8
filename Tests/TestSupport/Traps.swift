import Foundation
import Testing

/// How a process ends in which a precondition fails; a thrown error ends it otherwise.
#if arch(x86_64)
    public let trap = ExitTest.Condition.signal(SIGILL)
#else
    public let trap = ExitTest.Condition.signal(SIGTRAP)
#endif
