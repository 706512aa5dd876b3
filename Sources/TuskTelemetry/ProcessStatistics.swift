import Glibc

/// What the kernel says about this process, for the metrics that Prometheus' own clients export under `process_`.
///
/// Source: proc(5), section /proc/[pid]/stat.
package struct ProcessStatistics: Sendable, Equatable {
    package var cpuSeconds: Double
    package var residentBytes: Double
    package var virtualBytes: Double
    /// Seconds since 1970.
    package var startedAtSeconds: Double

    /// Reads the content of /proc/self/stat; nil when it does not have the expected form.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - bootedAtSeconds: when the machine started, in seconds since 1970.
    ///   - ticksPerSecond: the unit of the kernel's times, 100 on Linux.
    ///   - pageBytes: the unit of the resident size.
    package init?(_ text: String, bootedAtSeconds: Double, ticksPerSecond: Double, pageBytes: Double) {
        // The second field is the program's name in brackets and may itself contain brackets and spaces.
        guard let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[nameEnd...].split(separator: " ").dropFirst().map { Double($0) ?? .nan }
        guard fields.count >= 22 else { return nil }
        // proc(5) counts from 1 and the fields here start with the third.
        let field = { (number: Int) in fields[number - 3] }
        self.cpuSeconds = (field(14) + field(15)) / ticksPerSecond
        self.startedAtSeconds = bootedAtSeconds + field(22) / ticksPerSecond
        self.virtualBytes = field(23)
        self.residentBytes = field(24) * pageBytes
    }

    /// The present figures of this process; nil without /proc.
    package static func current() -> ProcessStatistics? {
        guard let text = content(of: "/proc/self/stat") else { return nil }
        // Not from /proc/stat, which a service with `ProcSubset=pid` does not see.
        return ProcessStatistics(
            text,
            bootedAtSeconds: seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME),
            ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: Double(sysconf(Int32(_SC_PAGESIZE)))
        )
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Descriptors open now; nil without /proc.
    package static func openDescriptors() -> Int? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var entries = 0
        while readdir(directory) != nil { entries += 1 }
        // Not counted: the entries `.` and `..`, and the descriptor this reads them with.
        return entries - 3
    }

    /// The most descriptors this process may have open.
    package static func descriptorsMax() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    private static func content(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count <= 0 { return count == 0 ? String(decoding: text, as: UTF8.self) : nil }
            text += chunk.prefix(count)
        }
    }
}

extension MetricsRegistry {
    /// Adds the `process_` metrics, read from the kernel at each scrape.
    package func addProcessMetrics() {
        let statistic = { (read: @escaping @Sendable (ProcessStatistics) -> Double) in
            { @Sendable in ProcessStatistics.current().map { [MetricSample(read($0))] } ?? [] }
        }
        sampled(
            "process_cpu_seconds_total",
            type: .counter,
            help: "Processor time used, user and system, in seconds.",
            read: statistic(\.cpuSeconds)
        )
        sampled(
            "process_resident_memory_bytes",
            type: .gauge,
            help: "Resident memory in bytes.",
            read: statistic(\.residentBytes)
        )
        sampled(
            "process_virtual_memory_bytes",
            type: .gauge,
            help: "Virtual memory in bytes.",
            read: statistic(\.virtualBytes)
        )
        sampled(
            "process_start_time_seconds",
            type: .gauge,
            help: "When the process started, in seconds since 1970.",
            read: statistic(\.startedAtSeconds)
        )
        sampled("process_open_fds", type: .gauge, help: "File descriptors open.") {
            ProcessStatistics.openDescriptors().map { [MetricSample(Double($0))] } ?? []
        }
        sampled("process_max_fds", type: .gauge, help: "The most file descriptors that may be open.") {
            ProcessStatistics.descriptorsMax().map { [MetricSample($0)] } ?? []
        }
    }
}
