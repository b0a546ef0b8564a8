internal import Hummingbird
internal import Models
internal import Mustache
internal import NIOCore
internal import ReferralsDomain
internal import ServiceKit

/// Pages that participants take home: plain HTML for a printer, without scripts and without anything from elsewhere.
enum PrintedPage {

    /// The accounting of disclosures of one person.
    static func disclosures(
        _ rows: [DisclosureView], of person: ParticipantView, agency: String, since: Instant, at now: Instant
    ) throws -> Response {
        try page(
            PackageResources.disclosures_mustache,
            [
                "agency": agency, "name": person.fullName, "from": since.dayText, "until": now.dayText,
                "isEmpty": rows.isEmpty,
                "rows": rows.map { row in
                    [
                        "at": row.at.minuteText,
                        "recipient": [row.organisation, row.recipient].compactMap(\.self).joined(separator: ": "),
                        "classes": row.classes.joined(separator: ", "), "purpose": row.purpose, "basis": row.basis,
                    ] as [String: String]
                },
            ])
    }

    /// What is kept of one person.
    ///
    /// - Parameters:
    ///   - names: of the organisations in it.
    ///   - catalogue: says the codes of linkages in words.
    ///   - bedside: says those of the bedside.
    static func record(
        _ record: OwnRecordView, names: [PartnerID: String], catalogue: LinkageCatalogue, bedside: BedsideCatalogue,
        agency: String, at now: Instant
    ) throws -> Response {
        let person = record.participant
        return try page(
            PackageResources.record_mustache,
            [
                "agency": agency, "name": person.fullName, "until": now.dayText,
                "fields": person.lines.map { ["label": $0.0, "value": $0.1] },
                "referrals": record.referrals.map { referral in
                    [
                        "receivedOn": referral.receivedAt.dayText, "setting": referral.setting.rawValue,
                        "programme": referral.programme.rawValue, "status": referral.status.rawValue,
                        "closing": referral.closingReason?.rawValue ?? "",
                    ] as [String: String]
                },
                "consents": record.consents.map { consent in
                    [
                        "signedOn": consent.signedAt.dayText, "discloser": consent.discloser,
                        "recipient": consent.recipient.partnerID.flatMap { names[$0] } ?? consent.recipient.name
                            ?? consent.recipient.kind,
                        "information": consent.information.joined(separator: ", "),
                        "state": consent.isActive ? "in force" : "not in force",
                    ] as [String: String]
                },
                "restrictions": record.restrictions.map { restriction in
                    [
                        "requestedOn": restriction.requestedAt.dayText, "status": restriction.status.rawValue,
                        "recipient": restriction.recipient.value.map { PartnerID($0).flatMap { names[$0] } ?? $0 }
                            ?? "everybody outside",
                    ] as [String: String]
                },
                "amendments": record.amendments.map { amendment in
                    [
                        "requestedOn": amendment.requestedAt.dayText, "status": amendment.status.rawValue,
                        "request": amendment.request,
                    ] as [String: String]
                },
                "placements": record.placements.map { placement in
                    [
                        "appliedOn": placement.appliedAt.dayText, "residence": placement.residenceName,
                        "status": placement.status.rawValue, "movedInOn": placement.movedInAt?.dayText ?? "",
                        "movedOutOn": placement.movedOutAt?.dayText ?? "", "reason": placement.reason ?? "",
                    ] as [String: String]
                },
                "bedside": record.bedside.map { $0.printed(bedside) },
                "reach": record.reach?.lines(bedside).map { ["label": $0.0, "value": $0.1] } ?? [],
                "needs": record.needs.map { need in
                    [
                        "openedOn": need.openedOn.description,
                        "kind": catalogue.need(need.kind)?.text ?? need.kind,
                        "outcome": need.outcome?.rawValue ?? "open",
                    ] as [String: String]
                },
                "linkages": record.linkages.map { linkage in
                    [
                        "offeredOn": linkage.offeredAt.dayText, "status": linkage.status.rawValue,
                        "service": catalogue.service(linkage.service)?.text ?? linkage.service,
                        "provider": linkage.provider ?? "",
                        "refusal": linkage.refusal.map { catalogue.refusal($0)?.text ?? $0 } ?? "",
                    ] as [String: String]
                },
                "kits": record.naloxoneKits.map { kit in
                    [
                        "givenOn": kit.givenOn.description, "count": String(kit.count),
                        "product": catalogue.naloxoneProducts.text(of: kit.product),
                        "recipient": kit.recipient == .family ? "your family" : "you",
                    ] as [String: String]
                },
                "reversals": record.reversals.map { reversal in
                    [
                        "happenedOn": reversal.happenedOn.description, "doses": String(reversal.doses),
                        "place": catalogue.reversalPlaces.text(of: reversal.place),
                        "givenBy": catalogue.reversalGivers.text(of: reversal.givenBy),
                    ] as [String: String]
                },
            ])
    }

    /// Values are escaped by the template: what a record says can never be a part of the page.
    private static func page(_ template: [UInt8], _ values: [String: Any]) throws -> Response {
        let html = try MustacheTemplate(string: String(decoding: template, as: UTF8.self)).render(values)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/html; charset=utf-8",
                .contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html))
        )
    }
}

extension ParticipantView {
    var fullName: String { [givenName, familyName].compactMap(\.self).joined(separator: " ") }

    /// What is known, line by line.
    var lines: [(String, String)] {
        [
            ("Name", fullName), ("Born on", birthDate?.description ?? ""), ("Telephone", phone ?? ""),
            ("Address", address ?? ""),
            ("Numbers", (identifiers ?? []).map(\.value).joined(separator: ", ")),
        ].filter { !$0.1.isEmpty }
    }
}

extension Instant {
    /// `2026-11-22`, in UTC.
    fileprivate var dayText: String { String(description.prefix(10)) }

    /// `2026-11-22 14:05 UTC`.
    var minuteText: String { "\(description.prefix(10)) \(description.dropFirst(11).prefix(5)) UTC" }
}
