public import Models

extension Peer {
    /// Everything that keeps this peer from being stored, with JSON pointers into the request; empty when fine.
    public func faults(on today: CivilDate) -> [FieldFault] {
        profile.faults(on: today) + terms.faults(caseload: caseload)
    }
}

extension Peer.Profile {
    func faults(on today: CivilDate) -> [FieldFault] {
        var faults: [FieldFault] = []
        for (index, language) in languages.enumerated() where !language.isWellFormed {
            faults.append(FieldFault("/languages/\(index)", "is a BCP 47 language tag"))
        }
        if languages.isEmpty { faults.append(FieldFault("/languages", "names at least one language")) }
        if let gender, !isCode(gender) { faults.append(FieldFault("/gender", codeRule)) }
        for (index, area) in areas.enumerated() where !isCode(area) {
            faults.append(FieldFault("/areas/\(index)", codeRule))
        }
        for (index, scene) in sceneOptOuts.enumerated() where !isCode(scene) {
            faults.append(FieldFault("/sceneOptOuts/\(index)", codeRule))
        }
        faults +=
            repeated(languages, "/languages") + repeated(areas, "/areas")
            + repeated(sceneOptOuts, "/sceneOptOuts") + disclosureFaults(on: today)
        if let since = recoverySinceOn, since > today {
            faults.append(FieldFault("/recoverySinceOn", "is not in the future"))
        }
        if let since = outOfJusticeSinceOn, since > today {
            faults.append(FieldFault("/outOfJusticeSinceOn", "is not in the future"))
        }
        return faults
    }

    private func disclosureFaults(on today: CivilDate) -> [FieldFault] {
        var faults: [FieldFault] = []
        for (index, disclosure) in disclosures.enumerated() {
            if disclosure.kind.isYesOnly && disclosure.value != "yes" {
                faults.append(FieldFault("/disclosures/\(index)/value", "is `yes` for this kind"))
            } else if !isCode(disclosure.value) {
                faults.append(FieldFault("/disclosures/\(index)/value", codeRule))
            }
            if disclosure.consentedOn > today {
                faults.append(FieldFault("/disclosures/\(index)/consentedOn", "is not in the future"))
            }
        }
        return faults + repeated(disclosures.map { [$0.kind.rawValue, $0.value] }, "/disclosures")
    }
}

extension Peer.Terms {
    func faults(caseload: Int) -> [FieldFault] {
        var faults: [FieldFault] = []
        if !(1...80).contains(displayName.count) {
            faults.append(FieldFault("/displayName", "has from 1 to 80 characters"))
        }
        if !(0...200).contains(caseloadCap) { faults.append(FieldFault("/caseloadCap", "is from 0 to 200")) }
        // A pause keeps new people away; the cap may not deny those who are there.
        if caseloadCap < caseload {
            faults.append(FieldFault("/caseloadCap", "is not below the present caseload; pause the peer instead"))
        }
        for (index, credential) in credentials.enumerated() {
            if !isCode(credential.kind) { faults.append(FieldFault("/credentials/\(index)/kind", codeRule)) }
            if !(1...200).contains(credential.issuer.count) {
                faults.append(FieldFault("/credentials/\(index)/issuer", "has from 1 to 200 characters"))
            }
            if let expiry = credential.expiresOn, expiry < credential.issuedOn {
                faults.append(FieldFault("/credentials/\(index)/expiresOn", "is not before issuedOn"))
            }
        }
        return faults + repeated(credentials.map { [$0.kind, $0.issuer] }, "/credentials")
    }
}

private let codeRule = "is a code of 1 to 64 lower-case letters, digits and hyphens"

private func isCode(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
        && text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
}

private func repeated<Element: Hashable>(_ elements: [Element], _ pointer: String) -> [FieldFault] {
    Set(elements).count == elements.count ? [] : [FieldFault(pointer, "names nothing twice")]
}
