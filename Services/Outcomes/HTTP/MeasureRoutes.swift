internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addMeasures(to routes: inout Routes) {
        let measures = measures
        routes.add(
            Route(
                .get, "/v1/measures", "listMeasures", "The measures, with their definitions.", access: .office,
                discloses: [])
        ) { _, _ in
            try .ok(MeasureList(items: measures.all))
        }
        routes.add(
            Route(
                .get, "/v1/measures/{measureID}", "runMeasure",
                "Computes a measure for a period: counts, or with view=detail everybody counted, or with view=shared "
                    + "counts without small cells.",
                access: .office, discloses: [.presence, .referral, .contact]
            ),
            runMeasure
        )
    }

    @Sendable private func runMeasure(_ request: Request, context: APIContext) async throws -> Response {
        let id: MeasureCode = try context.parameter("measureID")
        guard let definition = measures.measure(id) else { throw Problem.notFound }
        let asked = try MeasureQuery(request)
        let isDetailAllowed = try context.principal.role == .supervisor
        guard asked.view != .detail || isDetailAllowed else { throw Problem.forbidden.denying(Denial(.role)) }
        return try await transaction(context) { work in
            guard asked.asOf.map({ $0 <= work.now }) ?? true else {
                throw Problem.invalid("as_of", "must not lie in the future")
            }
            let result = try await MeasureStore.run(definition, asked.period, asOf: asked.asOf, in: work)
            // Counts tell of nobody; in detail everybody counted is named by their id.
            let permit = try context.permit(classes: asked.view == .detail ? nil : [])
            let record = AuditRecord(asked.view == .shared ? .export : .read, under: permit)
            try work.transaction.audit(record, context)
            switch asked.view {
            case .summary: return try .ok(MeasureSummary(result, definition))
            case .detail: return try .ok(result)
            case .shared: return try .ok(SharedReport(result))
            }
        }
    }
}

/// What is asked of a measure: `?from=2026-01-01&to=2026-03-31&as_of=2026-04-30T00:00:00Z&view=summary`.
struct MeasureQuery: Sendable {
    enum View: String, LosslessStringConvertible {
        case summary, detail, shared
        init?(_ text: String) { self.init(rawValue: text) }
        var description: String { rawValue }
    }

    let period: MeasurePeriod
    let asOf: Instant?
    let view: View

    /// The longest period, in days: what is counted is held in memory.
    static let longestPeriod = 3 * 366

    /// - Throws: 422 pointing at the parameter.
    init(_ request: Request) throws(Problem) {
        guard let from = try request.query("from", as: CivilDate.self) else { throw .invalid("from", "needed") }
        guard let to = try request.query("to", as: CivilDate.self) else { throw .invalid("to", "needed") }
        guard let period = MeasurePeriod(from: from, to: to) else { throw .invalid("to", "must not lie before from") }
        guard to.daysSince1970 - from.daysSince1970 < Self.longestPeriod else {
            throw .invalid("to", "at most three years after from")
        }
        self.period = period
        asOf = try request.query("as_of", as: Instant.self)
        view = try request.query("view", as: View.self) ?? .summary
    }
}

struct MeasureList: Encodable, Sendable {
    let items: [MeasureDefinition]
}

/// A result in counts, with the benchmarks that stand beside it.
struct MeasureSummary: Encodable, Sendable {
    let measure: MeasureCode
    let version: Int
    let title: String
    let period: MeasurePeriod
    let asOf: Instant
    let runAt: Instant
    let sourceTier: SourceTier
    let parts: [Part]
    let timing: EventTiming?
    let benchmarks: [MeasureDefinition.Benchmark]

    struct Part: Encodable, Sendable {
        let code: String
        let denominator: Int
        let numerator: Int
        let rate: Double?
        let notYetObserved: Int
        /// How many were left out, by reason.
        let exclusions: [String: Int]

        init(_ part: MeasurePart) {
            code = part.code
            denominator = part.denominator.count
            numerator = part.numerator.count
            rate = part.rate
            notYetObserved = part.notYetObserved.count
            exclusions = Dictionary(grouping: part.exclusions, by: \.reason.rawValue).mapValues(\.count)
        }
    }

    init(_ result: MeasureResult, _ definition: MeasureDefinition) {
        measure = result.measure
        version = result.version
        title = definition.title
        period = result.period
        asOf = result.asOf
        runAt = result.runAt
        sourceTier = result.sourceTier
        parts = result.parts.map(Part.init)
        timing = result.timing
        benchmarks = definition.benchmarks
    }
}
