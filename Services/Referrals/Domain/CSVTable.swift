/// A table in RFC 4180's form, with the names of its columns in the first line.
struct CSVTable {
    let columns: [String]
    private(set) var rows: [[String]] = []
    /// In which line each row begins, as an editor counts: cells may have line ends, and empty lines are left out.
    private(set) var lines: [Int] = []

    /// Nil where the bytes are not UTF-8, hold U+0000 (no text of PostgreSQL does), or a quote is left open.
    init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self), let read = Self.lines(text),
            let first = read.first
        else { return nil }
        columns = first.cells.map { $0.lowercased() }
        for line in read.dropFirst() where line.cells.count > 1 || line.cells.first?.isEmpty == false {
            rows.append(line.cells)
            lines.append(line.number)
        }
    }

    /// A row by the names of its columns. Empty cells are left out, as are cells beyond the last name.
    func record(_ row: [String]) -> [String: String] {
        Dictionary(zip(columns, row).filter { !$0.1.isEmpty }, uniquingKeysWith: { first, _ in first })
    }

    private static func lines(_ text: String) -> [(number: Int, cells: [String])]? {
        var (lines, line, cell): ([(Int, [String])], [String], [UInt8]) = ([], [], [])
        var (number, start) = (1, 1)
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
            if byte == newline { number += 1 }
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
                lines.append((start, line))
                (line, cell, start) = ([], [], number)
            } else {
                cell.append(byte)
            }
            wasQuote = false
        }
        if isQuoted { return nil }
        if !cell.isEmpty || !line.isEmpty { lines.append((start, line + [ended(cell)])) }
        return lines
    }
}
