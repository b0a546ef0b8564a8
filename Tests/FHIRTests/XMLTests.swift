import FHIR
import JSON
import Testing

@Suite("FHIR in XML")
struct XMLTests {
    private static func json(_ text: String) throws -> FHIRDocument { try FHIRDocument.parse(Array(text.utf8)) }

    private static func xml(_ body: String, _ type: String = "Patient") throws -> FHIRDocument {
        try FHIRDocument.parse(xml: Array("<\(type) xmlns=\"http://hl7.org/fhir\">\(body)</\(type)>".utf8))
    }

    /// Everything that JSON and XML write differently.
    static let rich = #"""
        {"resourceType":"Patient","id":"p1","meta":{"versionId":"3","profile":["http://a","http://b"]},
         "text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><p class=\"a\">Robin &amp; <b>co</b></p></div>"},
         "contained":[{"resourceType":"Organization","id":"o","name":"A & B <C> \"D\""}],
         "extension":[{"url":"http://x/weight","valueDecimal":72.50},{"url":"http://x/flag","valueBoolean":false},
           {"url":"http://x/nested","extension":[{"url":"a","valueInteger":-7}]}],
         "active":true,
         "name":[{"id":"n1","family":"Example","_family":{"extension":[{"url":"http://x/own","valueString":"Ex"}]},
           "given":["Robin",null,"Lee"],"_given":[null,{"extension":[{"url":"http://x/unknown","valueCode":"masked"}]},{"id":"g3"}]}],
         "birthDate":"1990-04-01","_birthDate":{"extension":[{"url":"http://x/time","valueDateTime":"1990-04-01T08:00:00Z"}]},
         "address":[{"line":["1 Main St\nFloor 2"]}],"multipleBirthInteger":2}
        """#

    @Test("what comes as JSON goes out as XML and comes back the same: digits, order, extensions, narrative, contained")
    func roundTrip() throws {
        let document = try Self.json(Self.rich)
        let written = try document.serializedXML()
        let text = String(decoding: written, as: UTF8.self)
        #expect(text.contains(#"<valueDecimal value="72.50"/>"#))
        #expect(text.contains(#"<extension url="http://x/weight">"#))
        #expect(text.contains(#"<name id="n1">"#))
        #expect(text.contains(#"<p class="a">Robin &amp; <b>co</b></p>"#))
        let read = try FHIRDocument.parse(xml: written)
        #expect(read.canonical() == document.canonical())
        #expect(try read.serializedXML() == written)
    }

    @Test("elements go out in R4's order, whatever order the JSON had")
    func order() throws {
        let document = try Self.json(#"{"resourceType":"Patient","birthDate":"1990","active":true,"id":"1"}"#)
        #expect(
            String(decoding: try document.serializedXML(), as: UTF8.self)
                == #"<?xml version="1.0" encoding="UTF-8"?><Patient xmlns="http://hl7.org/fhir"><id value="1"/>"#
                + #"<active value="true"/><birthDate value="1990"/></Patient>"#)
    }

    @Test("a Bundle has its resources inside its entries")
    func bundle() throws {
        let document = try Self.json(
            #"{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:x","resource":{"resourceType":"Patient","active":true}}]}"#
        )
        #expect(try FHIRDocument.parse(xml: try document.serializedXML()).canonical() == document.canonical())
    }

    @Test(
        "what bombs are made of is refused before it is read",
        arguments: [
            #"<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><Patient xmlns="http://hl7.org/fhir"/>"#,
            #"<?xml version="1.0"?><!DOCTYPE Patient SYSTEM "file:///etc/passwd"><Patient xmlns="http://hl7.org/fhir"/>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><id value="&a;"/></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><![CDATA[x]]></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><?php x?></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml">&nbsp;</div></text></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><text><div xmlns="http://www.w3.org/1999/xhtml"><![CDATA[x]]></div></text></Patient>"#,
        ])
    func bombs(_ text: String) {
        #expect(throws: R4.Refusal.self) { try FHIRDocument.parse(xml: Array(text.utf8)) }
    }

    @Test("depth and number are bounded")
    func bounded() throws {
        let deep = String(repeating: #"<extension url="a">"#, count: 70) + String(repeating: "</extension>", count: 70)
        let many = String(repeating: #"<extension url="a"/>"#, count: 100_001)
        // Names that all differ must not take the square of their number either.
        let names = (0..<60_000).map { "<n\($0)/>" }.joined()
        #expect(throws: R4.Refusal.self) { try Self.xml(names) }
        for text in [deep, many] {
            do {
                _ = try Self.xml(text)
                Issue.record("it was read")
            } catch let refusal as R4.Refusal {
                #expect(refusal.issues.first?.kind == .tooLong)
            }
        }
    }

    @Test("what would be too deep or too long in JSON is refused in XML, so that whatever is kept can be read again")
    func boundedInJSON() throws {
        // In JSON each extension is an object in an array, and a quotation mark has a backslash before it.
        let deep = String(repeating: #"<extension url="a">"#, count: 40) + String(repeating: "</extension>", count: 40)
        let long = "<extension url='" + String(repeating: "\"", count: 600 << 10) + "'/>"
        for text in [deep, long] {
            do {
                _ = try Self.xml(text)
                Issue.record("it was read")
            } catch let refusal as R4.Refusal {
                #expect(refusal.issues.first?.kind == .tooLong)
            }
        }
        let shallow =
            String(repeating: #"<extension url="a">"#, count: 20) + String(repeating: "</extension>", count: 20)
        let read = try Self.xml(shallow)
        #expect(try FHIRDocument.parse(read.serialized()) == read)
    }

    @Test(
        "what is no FHIR is refused with its place, and never repeated",
        arguments: [
            (#"<active value="yes"/>"#, "Patient.active"),
            (#"<active value="true"/><active value="true"/>"#, "Patient.active"),
            (#"<colour value="red"/>"#, "Patient"), (#"<birthDate/>"#, "Patient.birthDate"),
            (#"<birthDate value=""/>"#, "Patient.birthDate"),
            (#"<active value="true" colour="red"/>"#, "Patient.active"),
            (#"<multipleBirthInteger value="01"/>"#, "Patient.multipleBirthInteger"),
            (#"<name><id value="x"/></name>"#, "Patient.name"),
            (#"<contained><Colour/></contained>"#, "Resource"), (#"<contained/>"#, "Patient.contained"),
            (#"<contained><Patient/><Patient/></contained>"#, "Patient.contained"),
            (#"<contained colour="red"><Patient/></contained>"#, "Patient.contained"),
        ])
    func refused(_ body: String, _ place: String) throws {
        do {
            _ = try Self.xml(body)
            Issue.record("it was read")
        } catch let refusal as R4.Refusal {
            #expect(refusal.issues.first?.expressions == [place])
            #expect(!refusal.issues.contains { $0.diagnostics.contains("red") || $0.diagnostics.contains("yes") })
        }
    }

    @Test(
        "what is no XML is refused with its line, never a crash",
        arguments: [
            "", "<", "<Patient", "<Patient>", "<Patient/>", #"<Patient xmlns="http://hl7.org/fhir">"#,
            #"<Patient xmlns="http://hl7.org/fhir"></Task>"#, #"<Patient xmlns="http://hl7.org/fhir">text</Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"/><Patient xmlns="http://hl7.org/fhir"/>"#,
            #"<Patient xmlns="urn:x"/>"#, #"<Patient xmlns="http://hl7.org/fhir" xmlns="http://hl7.org/fhir"/>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><id value="&#0;"/></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><id value="&#xD800;"/></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><id value="a<b"/></Patient>"#,
            #"<Patient xmlns="http://hl7.org/fhir"><!-- -- --></Patient>"#, #"<?xml encoding="UTF-16"?><Patient/>"#,
            #"<f:Patient xmlns:f="http://hl7.org/fhir"/>"#, "\u{FEFF}", "{}",
        ])
    func broken(_ text: String) {
        #expect(throws: R4.Refusal.self) { try FHIRDocument.parse(xml: Array(text.utf8)) }
    }

    @Test("every prefix and every changed byte of a resource is read or refused, never a crash")
    func damaged() throws {
        let whole = try Self.json(Self.rich).serializedXML()
        for place in stride(from: 0, to: whole.count, by: 3) {
            var changed = whole
            changed[place] = [0x3C, 0x26, 0x22, 0x00, 0xFF][place % 5]
            for bytes in [Array(whole[..<place]), changed] {
                do { _ = try FHIRDocument.parse(xml: bytes) } catch { #expect(!error.issues.isEmpty) }
            }
        }
    }

    @Test(
        "what XML has no place for is not left out in silence",
        arguments: [
            #"{"resourceType":"Patient","colour":"red"}"#, #"{"resourceType":"Colour"}"#,
            #"{"resourceType":"Patient","text":{"status":"generated","div":"<div>no namespace</div>"}}"#,
            #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">a</div><x/>"}}"#,
            #"{"resourceType":"Patient","active":"yes"}"#,
        ])
    func unwritable(_ text: String) throws {
        let document = try Self.json(text)
        #expect(throws: R4.Refusal.self) { try document.serializedXML() }
    }
}
