internal import JSON

/// Reads the XML that FHIR needs: elements, attributes, character references. What bombs are made of is not read at all:
/// no document types, no entities of one's own, no CDATA, no processing instructions; depth and number are bounded, and
/// time and room grow with the length.
struct XMLReading {
    static let fhir = "http://hl7.org/fhir"
    static let xhtml = "http://www.w3.org/1999/xhtml"

    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var place = 0
    private var nodes = 0

    init(_ bytes: [UInt8], limits: JSONLimits = .resource) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        self.bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(3)) : bytes
        self.limits = limits
    }

    /// The one element of the document.
    mutating func document() throws(XMLFault) -> XMLNode {
        guard bytes.count <= limits.bytes else { throw fault("the text is too long", isSize: true) }
        guard String(validating: bytes, as: UTF8.self) != nil else { throw fault("the text is no UTF-8") }
        try declaration()
        try space()
        let root = try element(depth: 1, inXHTML: false)
        guard root.attributes["xmlns"] == Self.fhir else { throw fault("the namespace is not \(Self.fhir)") }
        try space()
        guard place == bytes.count else { throw fault("something follows the resource") }
        return root
    }

    /// Whether a text is the well-formed `div` of a narrative.
    static func isXHTML(_ text: String) -> Bool {
        var reading = XMLReading(Array(text.utf8))
        do {
            let node = try reading.element(depth: 1, inXHTML: false)
            return node.xhtml != nil && reading.place == reading.bytes.count
        } catch {
            return false
        }
    }

    private mutating func declaration() throws(XMLFault) {
        guard skip("<?xml") else { return }
        let start = place
        while place < bytes.count, !at("?>") { place += 1 }
        let text = String(decoding: bytes[start..<place], as: UTF8.self).lowercased()
        guard skip("?>") else { throw fault("the declaration does not end") }
        if text.contains("encoding"), !text.contains("utf-8") { throw fault("the encoding is not UTF-8") }
    }

    /// White space and comments.
    private mutating func space() throws(XMLFault) {
        while place < bytes.count {
            if isSpace(bytes[place]) {
                place += 1
            } else if skip("<!--") {
                while place < bytes.count, !at("--") { place += 1 }
                guard skip("-->") else { throw fault("a comment does not end") }
            } else {
                return
            }
        }
    }

    private mutating func element(depth: Int, inXHTML: Bool) throws(XMLFault) -> XMLNode {
        guard depth <= limits.depth else { throw fault("elements are nested too deeply", isSize: true) }
        nodes += 1
        guard nodes <= limits.values else { throw fault("there are too many elements", isSize: true) }
        let start = place
        guard skip("<") else { throw fault("an element is expected") }
        if at("!") || at("?") { throw fault("document types, entities, CDATA and instructions are not read") }
        var node = XMLNode(name: try name(), attributes: [:], children: [], xhtml: nil)
        let isDiv = !inXHTML && node.name == "div"
        let isEmpty = try attributes(of: &node, inXHTML: inXHTML || isDiv)
        if isDiv, node.attributes["xmlns"] != Self.xhtml { throw fault("a div is of the namespace \(Self.xhtml)") }
        if !isEmpty { try content(of: &node, depth: depth, inXHTML: inXHTML || isDiv) }
        if isDiv {
            node.xhtml = String(decoding: bytes[start..<place], as: UTF8.self)
            node.children = []
        }
        return node
    }

    /// The attributes and the end of the tag; whether the element ends with it.
    private mutating func attributes(of node: inout XMLNode, inXHTML: Bool) throws(XMLFault) -> Bool {
        while true {
            let before = place
            while place < bytes.count, isSpace(bytes[place]) { place += 1 }
            if skip("/>") { return true }
            if skip(">") { return false }
            guard place > before else { throw fault("a tag does not end") }
            let name = try name()
            while place < bytes.count, isSpace(bytes[place]) { place += 1 }
            guard skip("=") else { throw fault("an attribute has no value") }
            while place < bytes.count, isSpace(bytes[place]) { place += 1 }
            let value = try quoted()
            guard node.attributes.updateValue(value, forKey: name) == nil else {
                throw fault("an attribute stands twice")
            }
            if name == "xmlns", !inXHTML, value != Self.fhir { throw fault("the namespace is not \(Self.fhir)") }
        }
    }

    private mutating func content(of node: inout XMLNode, depth: Int, inXHTML: Bool) throws(XMLFault) {
        while true {
            if inXHTML { try text() } else { try space() }
            if skip("</") {
                guard try name() == node.name else { throw fault("an element is not ended by its own tag") }
                while place < bytes.count, isSpace(bytes[place]) { place += 1 }
                guard skip(">") else { throw fault("a tag does not end") }
                return
            }
            guard place < bytes.count else { throw fault("the text ends in the middle") }
            guard at("<") else { throw fault("text stands outside a narrative") }
            if skip("<!--") {
                while place < bytes.count, !at("--") { place += 1 }
                guard skip("-->") else { throw fault("a comment does not end") }
                continue
            }
            let child = try element(depth: depth + 1, inXHTML: inXHTML)
            if !inXHTML { node.children.append(child) }
        }
    }

    /// Text of a narrative, up to the next tag.
    private mutating func text() throws(XMLFault) {
        while place < bytes.count, bytes[place] != UInt8(ascii: "<") {
            if bytes[place] == UInt8(ascii: "&") { _ = try reference() } else { place += 1 }
        }
    }

    private mutating func name() throws(XMLFault) -> String {
        let start = place
        while place < bytes.count, isNameByte(bytes[place], isFirst: place == start) { place += 1 }
        guard place > start else { throw fault("a name is expected") }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func quoted() throws(XMLFault) -> String {
        guard at("\"") || at("'") else { throw fault("an attribute's value is not quoted") }
        let quote = bytes[place]
        place += 1
        var value: [UInt8] = []
        while place < bytes.count, bytes[place] != quote {
            switch bytes[place] {
            case UInt8(ascii: "<"): throw fault("an attribute's value has a <")
            case UInt8(ascii: "&"): value += Array(try reference().utf8)
            // XML 1.0 §3.3.3: white space that is meant is written as a reference.
            case 0x09, 0x0A, 0x0D:
                value.append(0x20)
                place += 1
            case let byte:
                guard byte >= 0x20 else { throw fault("a control character") }
                value.append(byte)
                place += 1
            }
        }
        guard place < bytes.count else { throw fault("an attribute's value does not end") }
        place += 1
        return String(decoding: value, as: UTF8.self)
    }

    /// The five that every XML has, and characters by their numbers.
    private mutating func reference() throws(XMLFault) -> String {
        for (name, text) in [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'")]
        where skip(name) {
            return text
        }
        guard skip("&#") else { throw fault("entities are not read") }
        let isHexadecimal = skip("x")
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: ";"), place - start < 8 { place += 1 }
        let digits = String(decoding: bytes[start..<place], as: UTF8.self)
        guard skip(";"), digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: isHexadecimal ? 16 : 10),
            let scalar = Unicode.Scalar(number), number >= 0x20 || [0x09, 0x0A, 0x0D].contains(number)
        else { throw fault("a character reference is of no character") }
        return String(Character(scalar))
    }

    private func at(_ text: String) -> Bool { bytes[min(place, bytes.count)...].starts(with: text.utf8) }

    private mutating func skip(_ text: String) -> Bool {
        guard at(text) else { return false }
        place += text.utf8.count
        return true
    }

    private func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }

    private func isNameByte(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"): !isFirst
        default: false
        }
    }

    private func fault(_ reason: String, isSize: Bool = false) -> XMLFault {
        let line = bytes[..<min(place, bytes.count)].count { $0 == 0x0A } + 1
        return XMLFault(reason: reason, line: line, isSize: isSize)
    }
}
