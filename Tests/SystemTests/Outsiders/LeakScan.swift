import Glibc

/// Something that leaves the services, or stays behind where others can read it.
struct Outlet: Sendable {
    /// `answer`, `log referrals`, `dump referral.participant`, …
    let name: String
    let content: [UInt8]

    init(_ name: String, _ content: some Sequence<UInt8>) {
        (self.name, self.content) = (name, Array(content))
    }
}

/// Searches outlets for marks.
struct LeakScan: Sendable {
    private let traces: [Trace]

    struct Finding: Hashable, Sendable, CustomStringConvertible {
        let mark: String
        let form: String
        let outlet: String
        /// The text around it.
        let context: String

        var description: String { "\(mark) (\(form)) in \(outlet): …\(context)…" }
    }

    init(_ marks: [Mark] = Mark.all) {
        traces = marks.flatMap(\.traces)
    }

    /// What is found where it must not be.
    func findings(_ outlets: [Outlet]) -> [Finding] {
        outlets.flatMap { outlet in
            search(outlet).filter { !$0.0.mark.allowed.contains(where: outlet.name.hasPrefix) }.map { trace, place in
                Finding(
                    mark: trace.mark.name, form: trace.form, outlet: outlet.name,
                    context: String(
                        decoding: outlet.content[max(0, place - 40)..<min(outlet.content.count, place + 60)],
                        as: UTF8.self
                    ).replacing("\n", with: " "))
            }
        }
    }

    /// Which marks an outlet holds, wherever they may be.
    func marks(in outlet: Outlet) -> Set<String> { Set(search(outlet).map { $0.0.mark.name }) }

    /// The traces that are overlooked when each is put into a copy of the outlet: none, or the search is worth nothing.
    func overlooked(in outlet: Outlet) -> [Trace] {
        let planted = outlet.content + traces.flatMap { [0x20] + $0.bytes + [0x20] }
        let found = Set(search(Outlet(outlet.name, planted), from: outlet.content.count).map(\.0))
        return traces.filter { !found.contains($0) }
    }

    private func search(_ outlet: Outlet, from start: Int = 0) -> [(Trace, Int)] {
        // As C strings: the library's search is many times as fast as one of ours in an unoptimised test.
        let content = outlet.content.dropFirst(start).map { $0 == 0 ? 0x20 : CChar(bitPattern: $0) } + [0]
        let small = content.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return traces.compactMap { trace in
            Self.place(of: trace.bytes, in: trace.isCased ? content : small).map { (trace, start + $0) }
        }
    }

    private static func place(of needle: [UInt8], in content: [CChar]) -> Int? {
        content.withUnsafeBufferPointer { content in
            (needle.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer { needle -> Int? in
                guard let base = content.baseAddress, let wanted = needle.baseAddress else { return nil }
                return strstr(base, wanted).map { UnsafePointer($0) - base }
            }
        }
    }
}
