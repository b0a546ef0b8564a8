internal import FoundationEssentials

/// Reads the data files that are embedded in the domain.
enum DomainData {
    static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], named name: String
    ) throws(DomainDataError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw DomainDataError(file: name, fault: String(describing: error))
        }
    }
}

/// A data file that came with the program is not what it must be: the service does not start.
public struct DomainDataError: Error, Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// What is wrong; the files hold nothing personal.
    public let fault: String

    public init(file: String, fault: String) {
        self.file = file
        self.fault = fault
    }

    public var description: String { "\(file): \(fault)" }
}
