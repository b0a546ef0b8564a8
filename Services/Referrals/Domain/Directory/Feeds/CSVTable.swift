/// A table in RFC 4180's form, with the names of its columns in the first line.
struct CSVTable {
    let columns: [String]
    private(set) var rows: [[String]] = []

    /// Nil where the bytes are not UTF-8, or a quote is left open.
    init?(_ bytes: some Collection<UInt8>) {
        guard let text = String(validating: bytes, as: UTF8.self), let lines = Self.lines(text), let first = lines.first
        else { return nil }
        columns = first.map { $0.lowercased() }
        rows = lines.dropFirst().filter { $0.count > 1 || $0.first?.isEmpty == false }
    }

    /// A row by the names of its columns. Empty cells are left out, as are cells beyond the last name.
    func record(_ row: [String]) -> [String: String] {
        Dictionary(zip(columns, row).filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
    }

    private static func lines(_ text: String) -> [[String]]? {
        var (lines, line, cell): ([[String]], [String], [UInt8]) = ([], [], [])
        var (isQuoted, wasQuote) = (false, false)
        let (quote, comma, newline, back) = (
            UInt8(ascii: "\""), UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")
        )
        func ended(_ bytes: [UInt8]) -> String {
            var bytes = bytes[...]
            if bytes.last == back { bytes.removeLast() }
            return String(decoding: bytes, as: UTF8.self)
        }
        for byte in text.utf8 {
            if isQuoted, byte != quote {
                cell.append(byte)
            } else if byte == quote {
                // Two of them inside a quoted cell are one.
                if !isQuoted, wasQuote { cell.append(quote) }
                isQuoted.toggle()
                wasQuote = !isQuoted
                continue
            } else if byte == comma {
                line.append(ended(cell))
                cell = []
            } else if byte == newline {
                line.append(ended(cell))
                lines.append(line)
                (line, cell) = ([], [])
            } else {
                cell.append(byte)
            }
            wasQuote = false
        }
        if isQuoted { return nil }
        if !cell.isEmpty || !line.isEmpty { lines.append(line + [ended(cell)]) }
        return lines
    }
}
