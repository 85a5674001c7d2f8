import Foundation

/// The memory that this process may have.
public enum MachineMemory {
    /// The least of the machine's memory, what `ulimit -v` allows and what a container's control group does;
    /// in bytes.
    public static var limit: Int {
        let physical = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return [addressSpace, controlGroup].compactMap(\.self).reduce(physical, min)
    }

    /// What `ulimit -v` allows; `nil` where it allows everything.
    private static var addressSpace: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(RLIMIT_AS.rawValue)), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// What a container may have (cgroups 2, then 1); `nil` where it may have everything.
    private static var controlGroup: Int? {
        ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].lazy
            .compactMap { try? String(contentsOfFile: $0, encoding: .utf8) }
            .compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.first
    }
}
