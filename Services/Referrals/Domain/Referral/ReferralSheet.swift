public import Models

/// Referrals as a table (CSV, RFC 4180), one in a line: what a partner without any interface keeps in a spreadsheet.
///
/// Every line is read, whatever is wrong with others: who sends it mends all at once.
public struct ReferralSheet: Sendable {
    /// More in one sheet are split by whoever sends them.
    public static let mostRows = 1000

    /// The columns that a sheet may have; those that must stand in each line are marked.
    public static let columns: [(name: String, isRequired: Bool)] = [
        ("placerIdentifier", true), ("setting", true), ("priority", true), ("programme", false), ("callback", false),
        ("languages", false), ("givenName", false), ("familyName", false), ("birthDate", false), ("phone", false),
        ("address", false), ("postalCode", false), ("gender", false), ("recordNumber", false),
        ("releaseOn", false),
    ]

    /// One referral.
    public struct Row: Hashable, Sendable {
        /// As an editor counts; the names of the columns stand in line 1.
        public let line: Int
        /// The sheet's own number of it: the same again is the same referral.
        public let placerIdentifier: String
        public let request: ReferralRequest
        public let person: PersonIdentity
    }

    /// What is wrong with a line. Quotes nothing of it.
    public struct Flaw: Hashable, Sendable {
        public let line: Int
        /// Nil where the whole line is meant.
        public let column: String?
        public let detail: String

        public init(line: Int, column: String?, _ detail: String) {
            (self.line, self.column, self.detail) = (line, column, detail)
        }
    }

    public private(set) var rows: [Row] = []
    public private(set) var flaws: [Flaw] = []

    /// Reads a sheet.
    ///
    /// - Parameters:
    ///   - scope: the system of record numbers: the sender's own.
    ///   - today: no birth date is later.
    public init(_ bytes: [UInt8], scope: String, today: CivilDate) {
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard let table = CSVTable(text) else {
            flaws = [Flaw(line: 1, column: nil, "no table: commas, UTF-8, quotes that are closed")]
            return
        }
        let known = Dictionary(uniqueKeysWithValues: Self.columns.map { ($0.name.lowercased(), $0.name) })
        flaws += Self.columns.filter { $0.isRequired && !table.columns.contains($0.name.lowercased()) }
            .map { Flaw(line: 1, column: $0.name, "the column is missing") }
        // A column that is not read would be lost without a word.
        flaws += table.columns.filter { known[$0] == nil }.map { _ in
            Flaw(line: 1, column: nil, "columns are \(Self.columns.map(\.name).joined(separator: ", "))")
        }.prefix(1)
        if table.rows.count > Self.mostRows {
            flaws.append(Flaw(line: Self.mostRows + 2, column: nil, "at most \(Self.mostRows) referrals in a sheet"))
        }
        guard flaws.isEmpty else { return }
        var lineOf: [String: Int] = [:]
        for (line, cells) in zip(table.lines, table.rows) {
            var record = SheetRecord(table.record(cells), line: line, scope: scope)
            let row = record.row(today: today)
            if cells.count > table.columns.count {
                record.flaws.append(Flaw(line: line, column: nil, "too many cells"))
            }
            if let row, let first = lineOf[row.placerIdentifier] {
                record.flaws.append(Flaw(line: line, column: "placerIdentifier", "stands in line \(first), too"))
            }
            if let row { lineOf[row.placerIdentifier] = lineOf[row.placerIdentifier] ?? line }
            flaws += record.flaws
            if let row, record.flaws.isEmpty { rows.append(row) }
        }
    }
}

/// One line on its way to a referral.
private struct SheetRecord {
    let cells: [String: String]
    let line: Int
    let scope: String
    var flaws: [ReferralSheet.Flaw] = []

    init(_ cells: [String: String], line: Int, scope: String) {
        (self.cells, self.line, self.scope) = (cells, line, scope)
    }

    mutating func row(today: CivilDate) -> ReferralSheet.Row? {
        let placer = required("placerIdentifier", { (1...200).contains($0.count) ? $0 : nil }, "1 to 200 characters")
        let setting = required("setting", { Setting(rawValue: $0) }, "")
        let priorities = Priority.allCases.map(\.rawValue).joined(separator: ", ")
        let priority = required("priority", { Priority(rawValue: $0) }, "one of \(priorities)")
        let born = optional("birthDate", { CivilDate($0) }, "a date: yyyy-mm-dd")
        let released = optional("releaseOn", { CivilDate($0) }, "a date: yyyy-mm-dd")
        let genders = AdministrativeGender.allCases.map(\.rawValue).joined(separator: ", ")
        let gender = optional("gender", { AdministrativeGender(rawValue: $0) }, "one of \(genders)")
        guard let placer, let setting, let priority else { return nil }
        let languages = cell("languages")?.split(separator: ";").map { String($0.filter { $0 != " " }) } ?? []
        let request = ReferralRequest(
            setting: setting, priority: priority, programme: cell("programme").map(ProgrammeCode.init(rawValue:)),
            callback: cell("callback"), languages: languages, releaseOn: released)
        let person = PersonIdentity(
            givenName: cell("givenName"), familyName: cell("familyName"), birthDate: born, phone: cell("phone"),
            address: cell("address"), postalCode: cell("postalCode"), gender: gender,
            identifiers: cell("recordNumber").map { [.init(system: scope, value: $0)] } ?? [])
        for fault in request.faults + person.faults(today: today) {
            let parts = fault.pointer.split(separator: "/").filter { Int($0) == nil && $0 != "person" }
            let column = parts.last.map { $0 == "identifiers" ? "recordNumber" : String($0) }
            flaws.append(.init(line: line, column: column, fault.detail))
        }
        return ReferralSheet.Row(line: line, placerIdentifier: placer, request: request, person: person)
    }

    private func cell(_ column: String) -> String? { cells[column.lowercased()]?.nonBlank }

    private mutating func optional<T>(_ column: String, _ read: (String) -> T?, _ expected: String) -> T? {
        guard let text = cell(column) else { return nil }
        if let value = read(text) { return value }
        flaws.append(.init(line: line, column: column, expected))
        return nil
    }

    private mutating func required<T>(_ column: String, _ read: (String) -> T?, _ expected: String) -> T? {
        if cell(column) == nil {
            flaws.append(.init(line: line, column: column, "is needed"))
            return nil
        }
        return optional(column, read, expected)
    }
}
