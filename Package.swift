// swift-tools-version: 6.2
import PackageDescription

// Every target of ours is built the same way: language mode 6, all warnings are errors, and the upcoming features that
// make imports and existentials explicit.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let locks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationEssentialsCompat", package: "swift-nio")
let deques = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// A service is three targets, so that the compiler holds the direction HTTP, Store, Messages → Domain → Models.
func service(
    _ name: String,
    domainData: [String] = [],
    domainDependencies: [Target.Dependency] = [],
    migrations: [String],
    dependencies: [Target.Dependency] = [],
    exclude: [String] = [],
    pages: [String] = [],
    testDependencies: [Target.Dependency] = [],
    testExclude: [String] = []
) -> [Target] {
    [
        .target(
            name: "\(name)Domain",
            dependencies: ["Models"] + domainDependencies,
            path: "Services/\(name)/Domain",
            resources: domainData.map { .embedInCode("Data/\($0)") },
            swiftSettings: strict
        ),
        .target(
            name: "\(name)Migrations",
            dependencies: ["Postgres"],
            path: "Services/\(name)/Migrations",
            resources: migrations.map { .embedInCode($0) },
            swiftSettings: strict
        ),
        .executableTarget(
            name: name,
            dependencies: [
                "Models", "JSON", "Confidentiality", "Postgres", "MessageTable", "ServiceKit",
                .target(name: "\(name)Domain"),
                .target(name: "\(name)Migrations"), hummingbird, logging, metrics,
            ] + dependencies,
            path: "Services/\(name)",
            exclude: ["Domain", "Migrations"] + exclude,
            resources: [.embedInCode("openapi.json")] + pages.map { .embedInCode("HTTP/Pages/\($0)") },
            swiftSettings: strict
        ),
        .testTarget(
            name: "\(name)Tests",
            dependencies: [
                .target(name: name), .target(name: "\(name)Domain"), "TestKit", "ServiceKit", "MessageTable",
                "Confidentiality",
                "Postgres", "JSON", "Models", hummingbird, hummingbirdTesting, logging,
            ] + dependencies + testDependencies,
            exclude: testExclude,
            swiftSettings: strict
        ),
    ]
}

let package = Package(
    name: "handrail",
    products: [
        .executable(name: "referrals", targets: ["Referrals"]),
        .executable(name: "peer-matching", targets: ["PeerMatching"]),
        .executable(name: "scheduling", targets: ["Scheduling"]),
        .executable(name: "outcomes", targets: ["Outcomes"]),
        .executable(name: "handrail", targets: ["Operator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ",
            path: "Shared/CLibPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev", "libssl-dev"])]
        ),
        .target(name: "JSON", path: "Shared/JSON", swiftSettings: strict),
        .target(name: "Models", path: "Shared/Models", swiftSettings: strict),
        .target(
            name: "Postgres",
            dependencies: ["CLibPQ", logging, coreMetrics, locks, deques, crypto],
            path: "Shared/Postgres",
            swiftSettings: strict
        ),
        .target(
            name: "MessageTable",
            dependencies: ["JSON", "Postgres", "Models", logging, metrics, locks, lifecycle],
            path: "Shared/MessageTable",
            resources: [
                .embedInCode("Migrations/V0001_create_message_table.sql"),
                .embedInCode("Migrations/V0002_record_interventions.sql"),
                .embedInCode("Migrations/V0003_find_late_messages_by_index.sql"),
                .embedInCode("Migrations/V0004_trim_log.sql"),
                .embedInCode("Migrations/V0005_rebase_log.sql"),
                .embedInCode("Migrations/V0006_trim_checkpoints_by_slot.sql"),
                .embedInCode("Migrations/V0007_queue_deliveries_by_partner.sql"),
                .embedInCode("Migrations/V0008_measure_log.sql"),
                .embedInCode("Migrations/V0009_refuse_overtaken.sql"),
                .embedInCode("Migrations/V0010_record_delivery_interventions.sql"),
                .embedInCode("Migrations/V0011_keep_agency_of_rows.sql"),
                .embedInCode("Migrations/V0012_know_what_is_unread.sql"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Confidentiality",
            dependencies: ["JSON", "Models"],
            path: "Shared/Confidentiality",
            exclude: ["Data/access-rules.schema.json"],
            resources: [.embedInCode("Data/access-rules.json")],
            swiftSettings: strict
        ),
        .target(
            name: "FHIR",
            dependencies: ["JSON", "Models"],
            path: "Shared/FHIR",
            exclude: [
                "Data/code-tables.schema.json", "Data/referral-services.schema.json", "Data/r4-elements.schema.json",
            ],
            resources: [
                .embedInCode("Data/code-tables.json"), .embedInCode("Data/referral-services.json"),
                .embedInCode("Data/r4-elements.json"),
            ],
            swiftSettings: strict
        ),
        .target(name: "HL7v2", dependencies: ["Models"], path: "Shared/HL7v2", swiftSettings: strict),
        .target(
            name: "ServiceKit",
            dependencies: [
                "JSON", "Confidentiality", "Postgres", "Models", "MessageTable", hummingbird, hummingbirdTLS, jwt,
                crypto, configuration,
                httpClient, logging,
                metrics, coreMetrics,
                lifecycle, nio, nioFoundation, nioHTTPTypes, locks,
            ],
            path: "Shared/ServiceKit",
            resources: [
                "V0001_create_roles", "V0002_create_platform", "V0003_seal_audit_trail",
                "V0004_drop_idempotency_version", "V0005_chain_seals_by_agency", "V0006_sign_audit_seals",
                "V0007_retire_audit_partitions", "V0008_create_participant_terms",
                "V0009_show_agencies_to_workers", "V0010_create_participant_merges", "V0011_create_consent_terms",
            ].map {
                .embedInCode("Migrations/\($0).sql")
            },
            swiftSettings: strict
        ),
        .target(
            name: "TestKit",
            dependencies: [
                "JSON", "Confidentiality", "Postgres", "Models", "MessageTable", "ServiceKit", hummingbird,
                hummingbirdTesting, logging, locks, crypto, nio,
            ],
            path: "Shared/TestKit",
            swiftSettings: strict
        ),
        .testTarget(
            name: "JSONTests", dependencies: ["JSON", "Models", "ServiceKit", "TestKit", locks], swiftSettings: strict),
        .testTarget(
            name: "ModelsTests", dependencies: ["JSON", "Models", "TestKit"], exclude: ["Golden"], swiftSettings: strict
        ),
        .testTarget(
            name: "PostgresTests",
            dependencies: ["CLibPQ", "Postgres", "TestKit", logging, locks],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "MessageTableConsumer",
            dependencies: ["MessageTable", "Postgres", "Models", logging],
            path: "Tests/MessageTableConsumer",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["HL7v2", "JSON", "MessageTable", "Models", "Postgres", arguments, locks, logging],
            path: "Tests/Benchmarks",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Chaos",
            dependencies: [
                "MessageTable", "Postgres", "Models", "ServiceKit", "TestKit", arguments, logging, locks,
            ],
            path: "Tests/Chaos",
            swiftSettings: strict
        ),
        .testTarget(
            name: "MessageTableTests",
            dependencies: [
                "MessageTable", "MessageTableConsumer", "Postgres", "Models", "ServiceKit", "TestKit", logging, locks,
                coreMetrics,
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConfidentialityTests", dependencies: ["Confidentiality", "Models", "JSON"], swiftSettings: strict),
        .testTarget(name: "HL7v2Tests", dependencies: ["HL7v2", "Models"], swiftSettings: strict),
        .testTarget(name: "FHIRTests", dependencies: ["FHIR", "JSON", "Models", "TestKit"], swiftSettings: strict),
        .testTarget(
            name: "ServiceKitTests",
            dependencies: [
                "JSON", "Confidentiality", "ServiceKit", "Postgres", "Models", "MessageTable", "TestKit", hummingbird,
                hummingbirdTesting, jwt,
                crypto, logging, coreMetrics, locks, nio, nioHTTPTypes,
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ReferralsSettings",
            dependencies: ["JSON", "ReferralsDomain", "ServiceKit", crypto],
            path: "Services/Referrals/Settings",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "Operator",
            dependencies: [
                "JSON", "Models", "Postgres", "MessageTable", "ServiceKit",
                "ReferralsMigrations", "PeerMatchingMigrations", "SchedulingMigrations", "OutcomesMigrations",
                "ReferralsSettings",
                arguments, httpClient, jwt, crypto, logging, nio, nioHTTP1,
            ],
            path: "Services/Operator",
            exclude: ["Demo/Data/demo-agency.schema.json"],
            resources: [.embedInCode("Demo/Data/demo-agency.json")],
            swiftSettings: strict
        ),
        .testTarget(
            name: "OperatorTests",
            dependencies: [
                "Operator", "ReferralsSettings", "Postgres", "TestKit", "Models", "MessageTable", "ServiceKit",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "Operator", "Referrals", "ReferralsSettings", "PeerMatching", "Scheduling", "Outcomes", "JSON",
                "Postgres", "Models", "TestKit", locks, hummingbird, hummingbirdTesting, httpClient, nio, nioHTTP1,
            ],
            swiftSettings: strict
        ),
    ]
        + service(
            "Referrals",
            domainData: [
                "identity-matching.json", "identity-matching.schema.json", "person-names.json",
                "person-names.schema.json", "response-times.json", "response-times.schema.json",
                "residences.json", "residences.schema.json",
                "linkages.json", "linkages.schema.json",
                "overdose-rules.json", "overdose-rules.schema.json",
                "bedside.json", "bedside.schema.json",
            ],
            domainDependencies: ["Confidentiality", "JSON"],
            migrations: [
                "V0001_create_referral_schema.sql", "V0002_create_partner.sql", "V0003_create_participant.sql",
                "V0004_create_referral.sql", "V0005_create_projections.sql", "V0006_drop_participant_ring.sql",
                "V0007_create_shown_version.sql", "V0008_complete_consent.sql", "V0009_account_for_disclosures.sql",
                "V0010_declare_emergencies.sql", "V0011_keep_requests_of_participants.sql",
                "V0012_create_account.sql", "V0013_add_client_certificate.sql", "V0014_recognise_people.sql",
                "V0015_create_identity_review.sql", "V0016_erase_identities.sql", "V0017_merge_participants.sql",
                "V0018_create_directory.sql",
                "V0019_find_what_opens_soon.sql", "V0020_keep_response_times.sql",
                "V0021_create_residence.sql",
                "V0022_create_linkage.sql",
                "V0023_suggest_dispatch.sql",
                "V0024_state_capacity_and_subscribe.sql",
                "V0025_use_outside_servers.sql",
                "V0026_complete_referrals.sql",
                "V0027_record_bedside_visit.sql",
                "V0028_announce_by_mail.sql",
                "V0029_keep_patients_without_referral.sql",
            ],
            dependencies: ["FHIR", "HL7v2", "ReferralsSettings", crypto, cryptoExtras, httpClient, locks, mustache],
            exclude: ["Settings"],
            pages: ["disclosures.mustache", "record.mustache"],
            testDependencies: [hummingbirdTLS, nioEmbedded]
        )
        + service(
            "PeerMatching",
            domainData: ["matching-policy.json", "matching-policy.schema.json"],
            migrations: [
                "V0001_create_matching_schema.sql", "V0002_index_match_by_participant.sql",
                "V0003_count_people_once.sql",
            ]
        )
        + service(
            "Scheduling",
            domainData: [
                "critical-time-intervention.v1.json", "overdose-follow-up.v1.json", "recovery-check-ups.v1.json",
                "programme.schema.json",
            ],
            migrations: [
                "V0001_create_scheduling_schema.sql", "V0002_index_appointments_by_plan.sql", "V0003_forget_words.sql",
            ]
        )
        + service(
            "Outcomes",
            domainData: [
                "barc-10.json", "phq-9.json", "instrument.schema.json", "assessment-schedule.json",
                "assessment-schedule.schema.json", "process-measures.json", "process-measures.schema.json",
            ],
            migrations: [
                "V0001_create_outcome_schema.sql", "V0002_create_assessment.sql", "V0003_create_projections.sql",
                "V0004_create_timeline.sql", "V0005_create_measure_result.sql", "V0006_create_referral_journey.sql",
                "V0007_ask_for_whole_people.sql",
                "V0008_create_progress_report.sql",
            ],
            testExclude: ["Reference/measures.json", "Reference/reference.py", "Reference/scores.json"]
        )
)

// A build with a sanitizer takes long: deploy/local/sanitize names the tests that it wants, and everything that they do not
// need is left out.
if let wanted = Context.environment["HANDRAIL_ONLY_TESTS"] {
    var needed: Set<String> = []
    var names = wanted.split(separator: ",").map(String.init)
    while let name = names.popLast() {
        guard needed.insert(name).inserted, let target = package.targets.first(where: { $0.name == name }) else {
            continue
        }
        for dependency in target.dependencies {
            switch dependency {
            case .targetItem(let name, _), .byNameItem(let name, _): names.append(name)
            default: break
            }
        }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}
