import Confidentiality
import Models
import Testing

/// What holds for every question: all roles, relationships, purposes and kinds of organisation, with each of the laws.
@Suite("For every question")
struct DecisionProperties {
    static let laws: [AgencyLaw] = [true, false].flatMap { part2 in
        [true, false].map {
            AgencyLaw(agencyID: Asking.agency, isPart2Program: part2, isCoveredEntity: $0)
        }
    }

    static func askings(_ role: Role) -> [Asking] {
        var all: [Asking] = []
        let organisations: [Organisation?] =
            Organisation.Kind.allCases.map { Organisation(partnerID: Asking.hospital, kind: $0) } + [nil]
        for law in laws {
            for relationship in Relationship.allCases {
                for purpose in PurposeOfUse.allCases {
                    for organisation in organisations {
                        all.append(
                            Asking {
                                $0.law = law
                                $0.role = role
                                $0.relationship = relationship
                                $0.purpose = purpose
                                $0.organisation = organisation
                                $0.classes = Set(DataClass.allCases)
                            })
                    }
                }
            }
        }
        return all
    }

    @Test(
        "no more is told than was asked, never without presence, and what is withheld has a reason",
        arguments: Role.allCases)
    func within(_ role: Role) throws {
        let rules = try AccessRules.builtIn()
        var allowed = 0
        for asking in Self.askings(role) {
            guard let permit = rules.decide(asking.question).permit else { continue }
            allowed += 1
            #expect(permit.classes.isSubset(of: rules.classes(of: role)))
            #expect(permit.classes.isEmpty || permit.allows(.presence))
            #expect(permit.classes.union(permit.withheld.keys) == asking.question.classes)
            #expect(permit.classes.isDisjoint(with: permit.withheld.keys))
            #expect(permit.isDisclosure == (role == .partner && !permit.classes.isEmpty))
        }
        #expect(allowed > 0, "each role sees something, or the test asks nothing")
    }

    @Test(
        "without a consent nothing leaves a Part 2 programme, and nothing leaves another agency",
        arguments: Role.allCases)
    func closed(_ role: Role) throws {
        let rules = try AccessRules.builtIn()
        for var asking in Self.askings(role) {
            asking.consents = []
            let decision = rules.decide(asking.question)
            if asking.law?.isPart2Program == true { #expect(decision.permit?.isDisclosure != true) }
            asking.participantAgency = .fixed(2)
            #expect(rules.decide(asking.question) == .refused(.tenant))
        }
    }

    @Test("a revocation, a restriction and old knowledge never add anything", arguments: Role.allCases)
    func narrowing(_ role: Role) throws {
        let rules = try AccessRules.builtIn()
        let narrowings: [(inout Asking) -> Void] = [
            { $0.consents = $0.consents.map { $0.with { $0.revokedAt = .noon } } },
            {
                $0.restrictions = [
                    Restriction(restrictionID: .fixed(1), recipient: .everybodyOutside, classes: [.contact])
                ]
            },
            { $0.areCurrent = false },
            { $0.law?.isPart2Program = true },
        ]
        for asking in Self.askings(role) {
            let before = rules.decide(asking.question).permit?.classes ?? []
            for narrow in narrowings {
                var narrower = asking
                narrow(&narrower)
                let after = rules.decide(narrower.question).permit?.classes ?? []
                #expect(after.isSubset(of: before))
            }
        }
    }
}
