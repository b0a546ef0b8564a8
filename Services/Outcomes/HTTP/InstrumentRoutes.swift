internal import Hummingbird
internal import Models
internal import OutcomesDomain
internal import ServiceKit

extension OutcomesAPI {
    func addInstruments(to routes: inout Routes) {
        let instruments = instruments
        routes.add(
            Route(
                .get, "/v1/instruments", "listInstruments", "The instruments that can be answered, newest versions.",
                access: .staffAndParticipants, discloses: []
            )
        ) { _, _ in
            try .ok(InstrumentList(items: instruments.newest.map(InstrumentSummary.init)))
        }
        routes.add(
            Route(
                .get, "/v1/instruments/{code}", "getInstrument",
                "An instrument with its items, answers, scoring rule and notice.", access: .staffAndParticipants,
                discloses: []
            )
        ) { request, context in
            let code: InstrumentCode = try context.parameter("code")
            let version = try request.query("version", as: Int.self)
            guard let instrument = instruments.instrument(code, version: version) else { throw Problem.notFound }
            return try .ok(instrument)
        }
    }
}

/// What is listed of an instrument.
struct InstrumentSummary: Encodable, Sendable {
    let code: InstrumentCode
    let version: Int
    let language: String
    let title: String
    let items: Int
    let recallDays: Int?

    init(_ instrument: Instrument) {
        code = instrument.code
        version = instrument.version
        language = instrument.language
        title = instrument.title
        items = instrument.items.count
        recallDays = instrument.recallDays
    }
}

struct InstrumentList: Encodable, Sendable {
    let items: [InstrumentSummary]
}
