import CoreMetrics
import FoundationEssentials
import HTTPTypes
import Testing

@testable import ServiceKit

@Suite("Metrics") struct MetricsTests {
    @Test("counters, gauges and histograms are exposed in Prometheus' text format")
    func exposition() {
        let registry = PrometheusRegistry()
        registry.describe("referrals_requests_total", "Requests \\ answered,\nby route.")
        let counter = Counter(
            label: "referrals_requests", dimensions: [("route", "/v1/\"a\"\\b\n"), ("status", "200")], factory: registry
        )
        counter.increment()
        counter.increment(by: 2)
        Meter(label: "referrals_lag_seconds", dimensions: [], factory: registry).set(1.5)
        let timer = Timer(label: "referrals_request_duration", dimensions: [("route", "/v1")], factory: registry)
        timer.recordMilliseconds(3)
        timer.recordSeconds(60)
        let text = registry.exposition()
        #expect(
            text.hasPrefix(
                #"""
                # HELP referrals_lag_seconds referrals lag seconds
                # TYPE referrals_lag_seconds gauge
                referrals_lag_seconds 1.5
                # HELP referrals_request_duration_seconds referrals request duration seconds
                # TYPE referrals_request_duration_seconds histogram
                referrals_request_duration_seconds_bucket{route="/v1",le="0.001"} 0
                referrals_request_duration_seconds_bucket{route="/v1",le="0.0025"} 0
                referrals_request_duration_seconds_bucket{route="/v1",le="0.005"} 1
                """#
            )
        )
        #expect(
            text.hasSuffix(
                #"""
                referrals_request_duration_seconds_bucket{route="/v1",le="10"} 1
                referrals_request_duration_seconds_bucket{route="/v1",le="+Inf"} 2
                referrals_request_duration_seconds_sum{route="/v1"} 60.003
                referrals_request_duration_seconds_count{route="/v1"} 2
                # HELP referrals_requests_total Requests \\ answered,\nby route.
                # TYPE referrals_requests_total counter
                referrals_requests_total{route="/v1/\"a\"\\b\n",status="200"} 3

                """#
            )
        )
    }

    @Test("labels that never end are counted together instead of filling the memory")
    func bounded() {
        let registry = PrometheusRegistry()
        for number in 0..<2000 {
            Counter(label: "x_total", dimensions: [("id", "\(number)")], factory: registry).increment()
        }
        let lines = registry.exposition().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == PrometheusRegistry.largestFamily + 1)
        #expect(lines.contains("x_total{id=\"other\"} \(2000 - PrometheusRegistry.largestFamily)"))
    }

    @Test("a request's path is never a label, its route's template is")
    func templates() {
        let registry = PrometheusRegistry()
        let measurements = RequestMeasurements(service: "peer-matching", factory: registry)
        let route = Route(.get, "/v1/peers/{peerID}", "readPeer", "", access: .anyone, discloses: [])
        measurements.record(route, .get, status: 200, .milliseconds(2))
        measurements.record(nil, .init("EVIL") ?? .get, status: 404, .milliseconds(2))
        measurements.record(Denial(.consent))
        let text = registry.exposition()
        #expect(text.contains(#"peer_matching_denials_total{reason="consent"} 1"#))
        #expect(text.contains(#"peer_matching_requests_total{route="/v1/peers/{peerID}",method="GET",status="200"} 1"#))
        #expect(text.contains(#"peer_matching_requests_total{route="unmatched",method="other",status="404"} 1"#))
        #expect(!text.contains("EVIL"))
    }
}
