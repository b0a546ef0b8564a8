import FHIR
import JSON
import Models
import Testing

@Suite("Searches")
struct SearchTests {
    private func query(
        _ text: String, handling: R4.SearchQuery.Handling = .lenient
    ) throws(R4.Refusal) -> R4.SearchQuery {
        try R4.SearchQuery(
            R4.SearchQuery.items(of: text), known: R4.SearchParameter.task, includes: ["Task:focus"],
            control: ["_cursor"], handling: handling
        )
    }

    @Test("filters, modifiers, prefixes and counts are read")
    func read() throws {
        let query = try query(
            "status=requested,accepted&owner:missing=true&_lastUpdated=ge2026-11-22T01:00:00%2B01:00&_count=500"
                + "&identifier=http://x%7C1&patient=Patient/9&_include=Task:focus&_cursor=abc"
        )
        #expect(query.count == 200)
        #expect(query.includes == ["Task:focus"])
        #expect(query.ignored.isEmpty)
        #expect(query.filters.map(\.parameter) == ["status", "owner", "_lastUpdated", "identifier", "patient"])
        #expect(query.filters[1].condition == .missing(true))
        #expect(query.filters[3].condition == .tokens([.init(system: "http://x", code: "1")]))
        #expect(query.filters[4].condition == .references([.relative(type: "Patient", id: "9", version: nil)]))
        guard case .dates(let dates) = query.filters[2].condition else {
            Issue.record("no date")
            return
        }
        #expect(dates.first?.prefix == .greaterOrEqual)
        #expect(dates.first?.date.start == Instant("2026-11-22T00:00:00Z"))
    }

    @Test(
        "a bad value is refused under either handling",
        arguments: [
            "_count=many", "_count=-1", "status=done", "_lastUpdated=yesterday", "_lastUpdated=ap2026",
            "owner:missing=maybe",
        ],
        [R4.SearchQuery.Handling.strict, .lenient]
    )
    func badValues(_ text: String, _ handling: R4.SearchQuery.Handling) {
        #expect(throws: R4.Refusal.self) { try query(text, handling: handling) }
    }

    @Test(
        "an unknown parameter is left out when lenient and refused when strict",
        arguments: ["colour=red", "status:not=draft", "_include=Task:owner", "_sort=x"])
    func unknown(_ text: String) throws {
        let lenient = try query("\(text)&status=draft")
        #expect(lenient.ignored.count == 1)
        #expect(lenient.used.map(\.name) == ["status"])
        let refusal = #expect(throws: R4.Refusal.self) { try query(text, handling: .strict) }
        #expect(refusal?.issues.first?.kind == .notSupported)
    }

    @Test(
        "Prefer says how to handle them",
        arguments: [
            ("handling=strict", R4.SearchQuery.Handling.strict), ("return=minimal; handling = strict", .strict),
            ("handling=lenient", .lenient), ("x", .lenient),
        ])
    func prefer(_ header: String, _ handling: R4.SearchQuery.Handling) {
        #expect(R4.SearchQuery.Handling(preferHeader: header) == handling)
    }

    @Test(
        "percent escapes are decoded, also broken ones",
        arguments: [("a=%41+b", "A b"), ("a=%4", "%4"), ("a=%zz", "%zz"), ("a", ""), ("a=%", "%"), ("a=%C3%A9", "é")])
    func escapes(_ text: String, _ value: String) {
        #expect(R4.SearchQuery.items(of: text).first?.value == value)
    }

    @Test(
        "dates compare as spans",
        arguments: [
            ("2026-11-22", [false, true, true, false]), ("ne2026-11-22", [true, false, false, true]),
            ("gt2026-11-22", [false, false, false, true]), ("ge2026-11-22", [false, true, true, true]),
            ("lt2026-11-22", [true, false, false, false]), ("le2026-11-22", [true, true, true, false]),
            ("sa2026-11-22", [false, false, false, true]), ("eb2026-11-22", [true, false, false, false]),
        ]
    )
    func dates(_ text: String, _ expected: [Bool]) throws {
        let condition = try #require(R4.DateCondition(text))
        let moments = [
            "2026-11-21T23:59:59.999Z", "2026-11-22T00:00:00Z", "2026-11-22T23:59:59.9Z", "2026-11-23T00:00:00Z",
        ]
        let instants = try moments.map { try #require(Instant($0)) }
        #expect(instants.map(condition.holds) == expected)
        if let span = condition.span {
            let inSpan = instants.map { instant in
                instant >= span.from ?? instant && (span.before.map { instant < $0 } ?? true)
            }
            #expect(inSpan == expected)
        }
    }

    @Test(
        "a filter looks where its parameter says",
        arguments: [
            ("status=accepted", true), ("status=draft,accepted", true), ("status=draft", false), ("_id=t1", true),
            ("owner=Organization/a", true), ("owner=a", true), ("owner=https://h/fhir/Organization/a", true),
            ("owner=Practitioner/a", false), ("owner:missing=true", false), ("requester:missing=true", true),
            ("patient=Patient/p", true), ("patient=q", false), ("patient:identifier=s|7", true),
            ("code=fulfill", true), ("code=http://hl7.org/fhir/CodeSystem/task-code|fulfill", true),
            ("code=other|fulfill", false), ("identifier=s|1", true), ("identifier=s|", true), ("identifier=|1", false),
            ("business-status=3.0", true), ("_lastUpdated=ge2026-11-22", true), ("_lastUpdated=gt2026-11-22", false),
        ]
    )
    func matching(_ text: String, _ expected: Bool) throws {
        let task = try Fixture.document(
            """
            {"resourceType":"Task","id":"t1","meta":{"lastUpdated":"2026-11-22T10:00:00Z"},"status":"accepted",
             "owner":{"reference":"Organization/a"},"for":{"reference":"Patient/p","identifier":{"system":"s","value":"7"}},
             "code":{"coding":[{"system":"http://hl7.org/fhir/CodeSystem/task-code","code":"fulfill"}]},
             "identifier":[{"system":"s","value":"1"}],"businessStatus":{"coding":[{"system":"b","code":"3.0"}]}}
            """
        )
        let filters = try query(text, handling: .strict).filters
        #expect(filters.count == 1)
        let found = filters.allSatisfy {
            $0.matches(task, known: R4.SearchParameter.task, baseURL: "https://h/fhir")
        }
        #expect(found == expected)
    }

    @Test("a FHIR date covers what it says; what R4 does not allow is none")
    func dateTimes() throws {
        #expect(R4.DateTime("2024-02")?.end == Instant("2024-03-01T00:00:00Z"))
        #expect(R4.DateTime("2024")?.precision == .year)
        #expect(R4.DateTime("2026-11-22T01:00:00+01:00")?.start == Instant("2026-11-22T00:00:00Z"))
        for bad in [
            "2026-11-22T01:00:00", "2026-13", "2026-02-29", "26", "2026-11-22T24:00:00Z", "2026-11-22t01:00:00z", "",
        ] {
            #expect(R4.DateTime(bad) == nil, "\(bad)")
        }
    }
}

@Suite("Answers")
struct AnswersTests {
    @Test("a searchset has links, modes, a count, and the most restrictive label of its parts")
    func searchset() throws {
        let now = try #require(Instant("2026-11-22T01:00:00.250Z"))
        let task = try Fixture.document(#"{"resourceType":"Task","id":"1","status":"requested","intent":"order"}"#)
        let bundle = R4.Bundle.searchset(
            matches: [("https://h/fhir/Task/1", task.labelled(SecurityLabel.part2))],
            included: [
                (
                    "https://h/fhir/ServiceRequest/2",
                    task.labelled([SecurityLabel.Confidentiality.veryRestricted.coding])
                )
            ],
            total: 1, links: [("self", "https://h/fhir/Task?status=requested")], at: now,
            outcome: R4.OperationOutcome([.init(.notSupported, "A parameter was left out.", severity: .warning)])
        )
        #expect(bundle[["meta", "security", 0, "code"]] == "V")
        #expect(bundle[["meta", "lastUpdated"]] == "2026-11-22T01:00:00.250Z")
        #expect(bundle[["entry", 0, "search", "mode"]] == "match")
        #expect(bundle[["entry", 1, "search", "mode"]] == "include")
        #expect(bundle[["entry", 2, "search", "mode"]] == "outcome")
        #expect(bundle[["total"]] == 1)
        _ = try R4.Bundle(FHIRDocument.parse(bundle.serialized()))
        let empty = R4.Bundle.searchset(matches: [], total: 0, links: [], at: now)
        _ = try FHIRDocument.parse(empty.serialized())
    }

    @Test("labels keep what was there and only become more restrictive")
    func labels() throws {
        let document = try Fixture.document(
            """
            {"resourceType":"Task","meta":{"security":[
              {"system":"http://terminology.hl7.org/CodeSystem/v3-Confidentiality","code":"V"},
              {"system":"http://hospital.example/labels","code":"own"}]}}
            """
        )
        let codes = document.labelled(SecurityLabel.part2).securityLabels.compactMap(\.code)
        #expect(codes == ["V", "own", "ETHUD", "42CFRPart2", "NORDSCLCD"])
        #expect(
            document.labelled(SecurityLabel.part2).labelled(SecurityLabel.part2)
                == document.labelled(SecurityLabel.part2))
    }

    @Test("an outcome has at least one issue, and each severity, kind and interaction is a code of R4")
    func outcome() {
        #expect(R4.OperationOutcome([]).issues.count == 1)
        #expect(Set(R4.Issue.Kind.allCases.map(\.rawValue)) == CodeTables.published[.issueType])
        #expect(Set(R4.Issue.Severity.allCases.map(\.rawValue)) == CodeTables.published[.issueSeverity])
    }

    @Test("the codes that we switch on are those of the published tables")
    func tables() {
        let published = CodeTables.published
        #expect(Set(R4.TaskStatus.allCases.map(\.rawValue)) == published[.taskStatus])
        #expect(Set(R4.ServiceRequest.Status.allCases.map(\.rawValue)) == published[.requestStatus])
        #expect(Set(R4.ServiceRequest.Intent.allCases.map(\.rawValue)) == published[.requestIntent])
        #expect(Set(R4.Consent.Status.allCases.map(\.rawValue)) == published[.consentState])
        #expect(Set(R4.Bundle.Kind.allCases.map(\.rawValue)) == published[.bundleType])
        #expect(Set(Priority.allCases.map(\.rawValue)) == published[.requestPriority])
        #expect(Set(SecurityLabel.Confidentiality.allCases.map(\.rawValue)) == published[.confidentiality])
        for name in CodeTables.Name.allCases {
            #expect(!published[name].isEmpty && !published.system(of: name).isEmpty, "\(name)")
        }
    }

    @Test("the capability statement says what is registered and no more")
    func capabilities() throws {
        let statement = R4.CapabilityStatement(
            softwareVersion: "1", date: try #require(CivilDate("2026-11-22")), baseURL: "https://h/fhir",
            tokenURL: "https://h/token",
            resources: [
                .init(type: "Task", interactions: [.read, .searchType], searchParameters: R4.SearchParameter.task),
                .init(type: "Patient", interactions: [.read]),
            ],
            takesTransactions: false
        ).document
        #expect(statement[["rest", 0, "resource", 0, "interaction", 1, "code"]] == "search-type")
        #expect(statement[["rest", 0, "resource", 1, "searchParam"]] == nil)
        #expect(statement[["rest", 0, "interaction"]] == nil)
        #expect(statement[["fhirVersion"]] == "4.0.1")
        _ = try FHIRDocument.parse(statement.serialized())
    }

    @Test("an identifier is added, or replaces the one of its system")
    func identifiers() throws {
        let task = try Fixture.document(#"{"resourceType":"Task","identifier":[{"system":"a","value":"1"}]}"#)
        let added = task.addingIdentifier(.init(system: "b", value: "2"))
        #expect(added[["identifier", 1, "value"]] == "2")
        #expect(added.addingIdentifier(.init(system: "b", value: "3"))[["identifier", 1, "value"]] == "3")
    }

    @Test(
        "what is no resource is refused",
        arguments: [
            #"[]"#, #"{}"#, #"{"resourceType":1}"#, #"{"resourceType":"task/../x"}"#, #"{"resourceType":""}"#,
            #"{"resourceType":"Task","a":"\u0000"}"#, #"{"resourceType":"Task","resourceType":"Task"}"#,
        ]
    )
    func rules(_ text: String) {
        #expect(throws: R4.Refusal.self) { try Fixture.document(text) }
    }

    @Test(
        "emptiness is refused where it is read, and carried where it is not",
        arguments: [#""""#, "null", "{}", "[]"]
    )
    func emptiness(_ value: String) throws {
        let text = #"{"resourceType":"Task","status":"draft","intent":"order","unknown":\#(value)}"#
        #expect(String(decoding: try R4.Task(Fixture.document(text)).document.serialized(), as: UTF8.self) == text)
        let read = #"{"resourceType":"Task","status":"draft","intent":"order","for":\#(value)}"#
        #expect(throws: R4.Refusal.self) { try R4.Task(Fixture.document(read)) }
    }
}
