import Hummingbird
import HummingbirdTesting
import Models
import ServiceKit
import Testing

private struct Item: Encodable, Sendable { var rank: Int }

private var routes: Routes {
    var routes = Routes()
    routes.add(Route(.get, "/v1/items", "listItems", "", access: .open, discloses: [])) { request, _ in
        let page = try request.page()
        let after = try page.cursor?.value(0, as: Int.self) ?? 0
        let rows = (after + 1...10).prefix(page.limit + 1).map { Item(rank: $0) }
        return try .ok(Page(rows, limit: page.limit) { [String($0.rank)] })
    }
    return routes
}

@Suite("Paging") struct PagingTests {
    private struct Listed: Decodable {
        struct Item: Decodable { var rank: Int }
        var items: [Item]
        var next: String?
    }

    @Test("following the cursor reads everything once and in order")
    func follow() async throws {
        try await withAPI(routes) { client in
            var seen: [Int] = []
            var uri: String? = "/v1/items?limit=3"
            while let next = uri {
                let page = try StrictJSON.decode(
                    Listed.self, from: try await client.send(.get, next).body.readableBytesView
                )
                seen += page.items.map(\.rank)
                uri = page.next.map { "/v1/items?limit=3&cursor=\($0)" }
            }
            #expect(seen == Array(1...10))
        }
    }

    @Test(
        "a page that cannot be is refused",
        arguments: ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=eA", "limit=1&limit=2"]
    )
    func refused(_ query: String) async throws {
        try await withAPI(routes) { client in
            let answer = try await client.send(.get, "/v1/items?\(query)")
            #expect(answer.status.code == 422)
        }
    }

    @Test("a cursor reads back as it was written", arguments: [["a"], ["2026-11-22T09:30:00Z", "é😀"], ["", ""]])
    func cursor(_ values: [String]) {
        #expect(Cursor(Cursor(values).description)?.values == values)
    }
}
