import HTTPTypes
import Models
import ServiceKit
import Testing

@Suite("OpenAPI drift") struct OpenAPIDriftTests {
    private static let routes = [
        Route(.get, "/v1/peers/{peerID}", "readPeer", "", access: .anyone, discloses: []),
        Route(
            .post, "/v1/peers", "createPeer", "", access: .roles(.coordinator), discloses: [], idempotency: .supported),
        Route(.get, "/v1/open", "open", "", access: .open, discloses: []),
    ]

    private static let document = """
        {
          "openapi": "3.1.0",
          "security": [{"bearer": []}],
          "paths": {
            "/openapi.json": {"get": {"operationId": "openAPI", "security": [], "responses": {"200": {}}}},
            "/v1/open": {"get": {"operationId": "open", "security": [], "responses": {"204": {}, "default": {}}}},
            "/v1/peers/{peerID}": {
              "parameters": [{"$ref": "#/components/parameters/peerID"}],
              "get": {"operationId": "readPeer", "responses": {"200": {}, "404": {}}}
            },
            "/v1/peers": {
              "post": {
                "operationId": "createPeer",
                "parameters": [{"name": "Idempotency-Key", "in": "header"}],
                "requestBody": {"content": {"application/json": {}}},
                "responses": {"201": {}, "default": {}}
              }
            }
          },
          "components": {"parameters": {"peerID": {"name": "peerID", "in": "path", "required": true}}}
        }
        """

    private static func differences(_ document: String, _ routes: [Route] = Self.routes) throws -> [String] {
        try OpenAPIDrift.differences(document: Array(document.utf8), routes: routes)
    }

    @Test("a document that describes the routes does not differ")
    func same() throws {
        #expect(try Self.differences(Self.document) == [])
    }

    @Test(
        "each kind of difference is told",
        arguments: [
            (#""openapi": "3.1.0""#, #""openapi": "3.0.3""#, "openapi is 3.0.3, not 3.1"),
            ("readPeer", "getPeer", "GET /v1/peers/{peerID}: operationId is getPeer, not readPeer"),
            (#""/v1/open": {"get""#, #""/v1/open": {"put""#, "GET /v1/open is declared and not described"),
            (
                ##"{"$ref": "#/components/parameters/peerID"}"##, "",
                "GET /v1/peers/{peerID}: path parameter peerID is not described"
            ),
            (#"[{"bearer": []}]"#, "[]", "GET /v1/peers/{peerID}: does not ask for a token"),
            (#"{"name": "Idempotency-Key", "in": "header"}"#, "", "POST /v1/peers: does not describe Idempotency-Key"),
            ("application/json", "text/csv", #"POST /v1/peers: reads ["text/csv"], the route ["application/json"]"#),
            (#""404": {}"#, #""304": {}"#, "GET /v1/peers/{peerID}: describes no problem"),
            (#""201": {}, "#, "", "POST /v1/peers: describes no success"),
            (#""operationId": "open""#, #""operationId": "readPeer""#, "operationId readPeer is used twice"),
        ]
    )
    func different(_ text: String, _ replacement: String, _ sentence: String) throws {
        #expect(Self.document.contains(text))
        #expect(try Self.differences(Self.document.replacing(text, with: replacement)).contains(sentence))
    }

    @Test("a route that nobody declared is told")
    func undeclared() throws {
        #expect(
            try Self.differences(Self.document, Array(Self.routes.dropLast())) == [
                "GET /v1/open is described and not declared"
            ]
        )
    }
}
