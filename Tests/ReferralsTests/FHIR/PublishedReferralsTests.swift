import FHIR
import Foundation
import HTTPTypes
import JSON
import Models
import Postgres
import TestKit
import Testing

@testable import Referrals

/// Published FHIR R4 examples, where they lie beside the package: what hospitals really write.
private let examples: [(name: String, json: JSONValue)] = {
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let folder = package.appending(path: "../shared/data/fhir-r4").path
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: folder) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
            let json = try? JSONValue.parse(Array(data))
        else { return nil }
        return (name, json)
    }
}()

@Suite(
    "Published examples over FHIR",
    .enabled(if: !examples.isEmpty, "the published examples (../shared/data/fhir-r4) are not beside this package")
)
struct PublishedReferralsTests {
    @Test("posted as they are, each is refused with a reason: none is an active order for peer support")
    func asTheyAre() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            for (name, json) in examples {
                let isBundle = json[["resourceType"]] == "Bundle"
                let answer = try await hospital.post(isBundle ? "/fhir" : "/fhir/ServiceRequest", json)
                #expect([400, 422].contains(answer.status.code), "\(name)")
                #expect(answer.json[["issue", 0, "diagnostics"]]?.string?.isEmpty == false, "\(name)")
            }
        }
    }

    @Test("each survives in a referral: what is read again is what was sent, but for id, version and labels")
    func survive() async throws {
        try await PartnerServer.with { server in
            let hospital = try await server.hospital()
            for (number, example) in examples.enumerated() {
                let bundle = try Self.referral(number, with: example.json)
                let answer = try await hospital.post("/fhir", bundle)
                #expect(
                    answer.status == .ok, "\(example.name) \(String(decoding: answer.json.serialized(), as: UTF8.self))"
                )
                guard answer.status == .ok else { continue }
                let paths = try Sender.paths(answer)
                for (index, entry) in (bundle[["entry"]]?.array ?? []).enumerated() {
                    let sent = try FHIRDocument(#require(entry[["resource"]]?.object))
                    let isExample = sent.resourceType == example.json[["resourceType"]]?.string
                    guard isExample, FHIRRoutes.types.contains(sent.resourceType) else { continue }
                    let read = try await hospital.get(paths[index])
                    #expect(read.status == .ok, "\(example.name) \(paths[index])")
                    Self.compare(sent, try read.document, "\(example.name) \(sent.resourceType)")
                }
            }
        }
    }

    /// A referral in which the example takes the place of the resource of its type, or comes along.
    private static func referral(_ number: Int, with example: JSONValue) throws -> JSONValue {
        let places = ["Patient": 0, "Consent": 1, "ServiceRequest": 2, "Task": 3]
        let type = try #require(example[["resourceType"]]?.string)
        return try SampleReferral.bundle { bundle in
            var resource = example
            let place = JSONPath([.member("entry"), .element(places[type] ?? 0), .member("resource")])
            let original = bundle[place]
            func take(_ names: String...) {
                for name in names { resource[[.member(name)]] = original?[[.member(name)]] }
            }
            switch type {
            case "Patient":
                // One has neither name nor number, and would be refused for that.
                if resource[["name"]] == nil, resource[["identifier"]] == nil { take("identifier") }
                resource[["deceasedBoolean"]] = nil
                resource[["deceasedDateTime"]] = nil
            case "Consent": take("patient")
            case "ServiceRequest":
                resource[["doNotPerform"]] = nil
                take("status", "intent", "code", "subject", "encounter")
            case "Task": take("status", "intent", "focus", "for")
            default: break
            }
            if places[type] != nil {
                bundle[place] = resource
            } else {
                let entry: JSONValue = [
                    "fullUrl": .string("urn:uuid:0b0e4c5e-0000-4000-8000-0000000000ff"),
                    "request": ["method": "POST", "url": .string(type)], "resource": resource,
                ]
                bundle[["entry"]] = .array((bundle[["entry"]]?.array ?? []) + [entry])
            }
            if type != "ServiceRequest" {
                bundle[["entry", 2, "resource", "identifier", 0, "value"]] = .string("ORD-\(number)")
            }
        }
    }

    /// All that was sent is there, in the same order and to the last digit; references may have become ours, and the
    /// status of a Task is what became of it.
    private static func compare(_ sent: FHIRDocument, _ read: FHIRDocument, _ what: String) {
        var ours: Set<String> = ["id", "meta"]
        if sent.resourceType == "Task" {
            ours.formUnion(["status", "businessStatus", "statusReason", "owner", "lastModified", "output", "note"])
        }
        let anonymous = { (document: FHIRDocument) in document.replacingReferences { _ in "-" }.json }
        let (before, after) = (anonymous(sent), anonymous(read))
        for member in before.members where !ours.contains(member.name) {
            #expect(after[member.name] == member.value, "\(what) \(member.name)")
        }
        let order = before.names.filter { !ours.contains($0) && $0 != "resourceType" }
        #expect(after.names.filter(order.contains) == order, "\(what)")
        for member in before["meta"]?.object?.members ?? []
        where !["versionId", "lastUpdated", "security"].contains(member.name) {
            #expect(after["meta"]?[[.member(member.name)]] == member.value, "\(what) meta.\(member.name)")
        }
    }
}
