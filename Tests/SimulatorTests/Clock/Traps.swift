import Foundation
import Testing

/// How a process ends in which a precondition fails; a thrown error ends it otherwise.
#if arch(x86_64)
    let trap = ExitTest.Condition.signal(SIGILL)
#else
    let trap = ExitTest.Condition.signal(SIGTRAP)
#endif
