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
        if let gender { faults += [FieldFault.unlessCode(gender, at: "/gender")].compactMap { $0 } }
        faults += FieldFault.unlessCodes(areas, at: "/areas")
        faults += FieldFault.unlessCodes(sceneOptOuts, at: "/sceneOptOuts")
        faults += repeated(languages, "/languages") + disclosureFaults(on: today)
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
            } else if let fault = FieldFault.unlessCode(disclosure.value, at: "/disclosures/\(index)/value") {
                faults.append(fault)
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
            if let fault = FieldFault.unlessCode(credential.kind, at: "/credentials/\(index)/kind") {
                faults.append(fault)
            }
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

private func repeated<Element: Hashable>(_ elements: [Element], _ pointer: String) -> [FieldFault] {
    Set(elements).count == elements.count ? [] : [FieldFault(pointer, "names nothing twice")]
}
