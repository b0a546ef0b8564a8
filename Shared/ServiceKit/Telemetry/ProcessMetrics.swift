internal import CoreMetrics
internal import FoundationEssentials
internal import Glibc

/// The process itself, as Prometheus' client libraries name it, from Linux' `/proc`.
enum ProcessMetrics {
    static func update(_ registry: PrometheusRegistry) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            registry.describe("process_cpu_seconds_total", "CPU time of this process in seconds.")
            let counter = registry.makeFloatingPointCounter(label: "process_cpu_seconds_total", dimensions: [])
            counter.reset()
            counter.increment(by: seconds(usage.ru_utime) + seconds(usage.ru_stime))
        }
        if let pages = residentPages() {
            let bytes = Double(pages * sysconf(Int32(_SC_PAGESIZE)))
            gauge(registry, "process_resident_memory_bytes", "Memory of this process in bytes.", bytes)
        }
        if let count = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            // SAFETY: without /proc there is nothing to measure, which is no error of the process.
            gauge(registry, "process_open_fds", "Open file descriptors of this process.", Double(count))
        }
    }

    private static func gauge(_ registry: PrometheusRegistry, _ name: String, _ help: String, _ value: Double) {
        registry.describe(name, help)
        registry.makeMeter(label: name, dimensions: []).set(value)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    private static func residentPages() -> Int? {
        // SAFETY: as above.
        guard let bytes = try? Data(contentsOf: URL(filePath: "/proc/self/statm")) else { return nil }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]) : nil
    }
}
