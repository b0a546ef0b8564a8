internal import Hummingbird
internal import JSON
internal import NIOCore

/// The operator's port: `/health/live`, `/health/startup`, `/health/ready` and `/metrics`. No personal data, no tokens.
struct OperatorAPI: Sendable {
    let health: Health
    let metrics: PrometheusRegistry

    var responder: RouterResponder<BasicRequestContext> {
        let router = Router(options: [.autoGenerateHeadEndpoints])
        // Liveness never depends on PostgreSQL: a restart would not bring it back.
        router.get("/health/live") { _, _ in Self.text("alive\n") }
        router.get("/health/startup") { [health] _, _ in
            health.current == .starting ? Self.text("starting\n", .serviceUnavailable) : Self.text("started\n")
        }
        router.get("/health/ready") { [health] _, _ in Self.answer(await health.report()) }
        router.get("/metrics") { [metrics] _, _ in
            ProcessMetrics.update(metrics)
            return Self.text(metrics.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        return router.buildResponder()
    }

    private static func answer(_ report: Health.Report) -> Response {
        var json = JSONWriter(capacity: 128)
        json.object { json in
            json.field("ready", report.isReady)
            json.field("phase", report.phase.rawValue)
            json.array("failures", report.failures.sorted { $0.key < $1.key }) { json, failure in
                json.object { json in
                    json.field("check", failure.key)
                    json.field("reason", failure.value)
                }
            }
        }
        return .json(json, status: report.isReady ? .ok : .serviceUnavailable)
    }

    private static func text(
        _ text: String,
        _ status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
