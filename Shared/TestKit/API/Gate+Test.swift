public import Confidentiality
internal import Models
public import ServiceKit

extension AccessRules {
    // SAFETY: the file is embedded; a test of its own says that it is what its schema says.
    /// The rules that came with the program.
    // swift-format-ignore: NeverUseForceTry
    public static let inForce = try! AccessRules.builtIn()
}

extension AgencyDirectory {
    /// Every agency is a Part 2 programme and a covered entity: for tests without a registry.
    public static let everyAgency = AgencyDirectory { agencyID in
        AgencyLaw(agencyID: agencyID, isPart2Program: true, isCoveredEntity: true)
    }
}
