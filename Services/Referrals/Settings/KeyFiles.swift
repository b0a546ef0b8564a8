internal import FoundationEssentials
internal import JSON

/// The file of the key ring: the keys that wrap participants' data keys, and which of them is current.
///
///     {"current": "2026-11", "keys": [{"id": "2026-11", "key": "<32 bytes in base64>"}]}
///
/// The current key is among them, ids are 1 to 64 bytes and unique, and every key has 32 bytes.
public struct KeyRingFile: Sendable {
    /// One key by its name, which stands in front of everything that it sealed.
    public struct Key: Hashable, Sendable {
        public let id: String
        public let bytes: [UInt8]

        public init(id: String, bytes: [UInt8]) {
            (self.id, self.bytes) = (id, bytes)
        }
    }

    /// The id of the key with which everything new is wrapped.
    public let current: String
    /// In the order of the file.
    public let keys: [Key]

    /// A ring of these keys.
    public init(current: String, keys: [Key]) throws(KeyFileError) {
        guard keys.contains(where: { $0.id == current }) else { throw KeyFileError(.noCurrentKey) }
        guard Set(keys.map(\.id)).count == keys.count,
            keys.allSatisfy({ (1...64).contains($0.id.utf8.count) && $0.bytes.count == KeyFileError.keyLength })
        else { throw KeyFileError(.keyMalformed) }
        (self.current, self.keys) = (current, keys)
    }

    /// Reads the file's content.
    public init(json: [UInt8]) throws(KeyFileError) {
        let file = try KeyFileError.object(json)
        guard let current = file["current"]?.string else { throw KeyFileError(.fileMalformed) }
        var keys: [Key] = []
        for entry in try KeyFileError.keys(file) {
            guard let id = entry.value["id"]?.string else { throw KeyFileError(.fileMalformed) }
            keys.append(Key(id: id, bytes: entry.key))
        }
        try self.init(current: current, keys: keys)
    }

    /// The same ring with a key more, which opens what others seal with it.
    public func adding(_ key: Key) throws(KeyFileError) -> KeyRingFile {
        try KeyRingFile(current: current, keys: keys + [key])
    }

    /// The same ring with another of its keys as the current one.
    public func using(_ id: String) throws(KeyFileError) -> KeyRingFile { try KeyRingFile(current: id, keys: keys) }

    /// The file's content.
    public var json: [UInt8] {
        let keys = keys.map { key -> JSONValue in
            ["id": .string(key.id), "key": .string(Data(key.bytes).base64EncodedString())]
        }
        return JSONValue.object(["current": .string(current), "keys": .array(keys)]).serialized()
    }
}

/// The file of the blind indexes' keys, by version from 1: `{"keys": [{"version": 1, "key": "<32 bytes in base64>"}]}`.
public struct IndexKeysFile: Sendable {
    /// 32 bytes each; at least one.
    public let keys: [Int16: [UInt8]]

    /// The keys by version.
    public init(_ keys: [Int16: [UInt8]]) throws(KeyFileError) {
        guard !keys.isEmpty else { throw KeyFileError(.noCurrentKey) }
        guard keys.allSatisfy({ $0.key > 0 && $0.value.count == KeyFileError.keyLength }) else {
            throw KeyFileError(.keyMalformed)
        }
        self.keys = keys
    }

    /// Reads the file's content.
    public init(json: [UInt8]) throws(KeyFileError) {
        var keys: [Int16: [UInt8]] = [:]
        for entry in try KeyFileError.keys(try KeyFileError.object(json)) {
            guard let version = entry.value["version"]?.integer.flatMap({ Int16(exactly: $0) }) else {
                throw KeyFileError(.fileMalformed)
            }
            guard keys.updateValue(entry.key, forKey: version) == nil else { throw KeyFileError(.keyMalformed) }
        }
        try self.init(keys)
    }

    /// The file's content.
    public var json: [UInt8] {
        let keys = keys.sorted { $0.key < $1.key }.map { version, key -> JSONValue in
            ["version": .number(JSONNumber(Int(version))), "key": .string(Data(key).base64EncodedString())]
        }
        return JSONValue.object(["keys": .array(keys)]).serialized()
    }
}

/// Why a file of keys cannot be used. Quotes nothing of it.
public struct KeyFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: Hashable, Sendable {
        /// Not JSON of the documented form.
        case fileMalformed
        /// A key does not have 32 bytes, or two have the same name.
        case keyMalformed
        /// There is no key, or the current one is not among them.
        case noCurrentKey
    }

    public let code: Code

    init(_ code: Code) {
        self.code = code
    }

    public var description: String {
        switch code {
        case .fileMalformed: "the file is not JSON of the documented form"
        case .keyMalformed: "a key does not have 32 bytes in base64, or two have the same name"
        case .noCurrentKey: "the file has no current key"
        }
    }

    static let keyLength = 32

    static func object(_ json: [UInt8]) throws(KeyFileError) -> JSONValue {
        do {
            return try JSONValue.parse(json)
        } catch {
            throw KeyFileError(.fileMalformed)
        }
    }

    static func keys(_ file: JSONValue) throws(KeyFileError) -> [(value: JSONValue, key: [UInt8])] {
        guard let entries = file["keys"]?.array else { throw KeyFileError(.fileMalformed) }
        var keys: [(value: JSONValue, key: [UInt8])] = []
        for entry in entries {
            guard let text = entry["key"]?.string else { throw KeyFileError(.fileMalformed) }
            guard let key = Data(base64Encoded: text) else { throw KeyFileError(.keyMalformed) }
            keys.append((entry, Array(key)))
        }
        return keys
    }
}
