internal import FoundationEssentials
public import Models

/// The programme models that this version of Handrail knows, by code and version.
public struct ProgrammeCatalogue: Sendable {
    private let models: [ProgrammeCode: [ProgrammeModel]]

    /// - Throws: the first ``ProgrammeFlaw`` of any model, or of two models with one code and version.
    public init(_ models: [ProgrammeModel]) throws(ProgrammeFlaw) {
        var byCode: [ProgrammeCode: [ProgrammeModel]] = [:]
        for model in models.sorted(by: { $0.version < $1.version }) {
            if let flaw = model.flaws.first { throw flaw }
            if byCode[model.code]?.last?.version == model.version {
                throw ProgrammeFlaw(programme: model.code, description: "\(model.code) v\(model.version) exists twice")
            }
            byCode[model.code, default: []].append(model)
        }
        for model in models {
            if let next = model.continuation?.programme, byCode[next] == nil {
                throw ProgrammeFlaw(programme: model.code, description: "\(model.code) continues with unknown \(next)")
            }
        }
        self.models = byCode
    }

    /// The models of the data files that are built in.
    public static func builtIn() throws -> ProgrammeCatalogue {
        try ProgrammeCatalogue(dataFiles.map { try JSONDecoder().decode(ProgrammeModel.self, from: Data($0)) })
    }

    /// The newest version of a programme.
    public func newest(_ code: ProgrammeCode) -> ProgrammeModel? { models[code]?.last }

    /// The version that a plan began with.
    public func model(_ code: ProgrammeCode, version: Int) -> ProgrammeModel? {
        models[code]?.first { $0.version == version }
    }

    /// The newest version of each programme, by code.
    public var all: [ProgrammeModel] {
        models.values.compactMap(\.last).sorted { $0.code.rawValue < $1.code.rawValue }
    }

    /// The data files as they are built in, in JSON.
    public static let dataFiles: [[UInt8]] = [
        PackageResources.critical_time_intervention_v1_json,
        PackageResources.overdose_follow_up_v1_json,
        PackageResources.recovery_check_ups_v1_json,
    ]

    /// The JSON Schema (2020-12) that each data file follows.
    public static let schema: [UInt8] = PackageResources.programme_schema_json
}
