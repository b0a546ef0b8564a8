extension OwnCluster {
    /// Makes and starts a standby of this cluster that streams from it, runs the body, and stops it.
    ///
    /// It has the same logins, and takes no writes until it is promoted.
    public func withStandby<T: Sendable>(_ body: @Sendable (OwnCluster) async throws -> T) async throws -> T {
        let standby = "\(folder)-standby"
        let port = try await Self.shell(
            """
            mkdir -m 711 \(standby)
            ((EUID != 0)) || chown postgres: \(standby)
            as_postgres pg_basebackup -h \(folder)/socket -p \(port) -U postgres -D \(standby)/data \
                -R -X stream --checkpoint=fast --no-sync
            cluster_start \(standby)
            echo -n "$cluster_port"
            """)
        guard let number = Int(port) else { throw Failed(description: "no standby: \(port)") }
        let address = url.replacing(":\(self.port)/", with: ":\(port)/")
        do {
            let value = try await body(OwnCluster(folder: standby, port: number, url: address))
            try await Self.shell("cluster_stop \(standby) immediate")
            return value
        } catch {
            try await Self.shell("cluster_stop \(standby) immediate")
            throw error
        }
    }
}
