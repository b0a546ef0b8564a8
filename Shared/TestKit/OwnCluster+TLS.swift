extension OwnCluster {
    /// The certificates around a cluster that speaks TLS, as files. They hold for two days.
    public struct Certificates: Sendable {
        /// The only name in the server's certificate.
        public static let serverName = "db.handrail.test"
        /// A login that is let in by its certificate alone; the superuser comes with the password.
        public static let login = "visitor"

        private let folder: String

        init(folder: String) {
            self.folder = folder
        }

        /// The authority that signed the server's certificate and that of ``login``.
        public var authority: String { "\(folder)/authority.crt" }
        /// An authority that signed neither.
        public var otherAuthority: String { "\(folder)/other.crt" }
        /// The server's certificate and its key.
        public var server: (certificate: String, key: String) { ("\(folder)/server.crt", "\(folder)/server.key") }
        /// The certificate of ``login`` and its key.
        public var client: (certificate: String, key: String) { ("\(folder)/client.crt", "\(folder)/client.key") }
        /// A certificate with the same name that the other authority signed, and its key.
        public var stranger: (certificate: String, key: String) { ("\(folder)/stranger.crt", "\(folder)/stranger.key") }
    }

    /// The file of the cluster's Unix socket, by which everybody on this machine is let in.
    public var socket: String { "\(folder)/socket/.s.PGSQL.\(port)" }

    /// Makes and starts a cluster that lets nobody in without TLS, runs the body, and leaves nothing behind.
    public static func withTLS<T: Sendable>(
        _ body: @Sendable (OwnCluster, Certificates) async throws -> T
    ) async throws -> T {
        try await with { cluster in
            let folder = "\(cluster.folder)-tls"
            try await shell(certificates(folder))
            try await cluster.stop(.fast)
            try await shell(settings(cluster.folder, certificates: folder))
            try await cluster.start()
            try await shell(
                """
                as_postgres psql -qX -h \(cluster.folder)/socket -p \(cluster.port) -U postgres \
                    -c 'create role \(Certificates.login) login'
                """)
            return try await body(cluster, Certificates(folder: folder))
        }
    }

    /// Two authorities; the server and a client signed by one, and the same client by the other.
    private static func certificates(_ folder: String) -> String {
        """
        mkdir -m 755 \(folder)
        cd \(folder)
        authority() {
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                -subj "/CN=test $1" -keyout $1.key -out $1.crt
        }
        sign() {
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$3" -keyout $2.key -out $2.csr
            openssl x509 -req -in $2.csr -CA $1.crt -CAkey $1.key -CAcreateserial -days 2 \
                -extfile <(echo "subjectAltName=DNS:$3") -out $2.crt
        }
        {
            authority authority
            authority other
            sign authority server \(Certificates.serverName)
            sign authority client \(Certificates.login)
            sign other stranger \(Certificates.login)
        } >log 2>&1 || { cat log; exit 1; }
        chmod 600 *.key
        ((EUID != 0)) || chown postgres: server.key
        """
    }

    private static func settings(_ folder: String, certificates: String) -> String {
        """
        cat >>\(folder)/data/postgresql.conf <<END
        ssl = on
        ssl_ca_file = '\(certificates)/authority.crt'
        ssl_cert_file = '\(certificates)/server.crt'
        ssl_key_file = '\(certificates)/server.key'
        END
        cat >\(folder)/data/pg_hba.conf <<END
        local all all trust
        hostssl all \(Certificates.login) 127.0.0.1/32 cert
        hostssl all all 127.0.0.1/32 scram-sha-256
        hostnossl all all all reject
        END
        """
    }
}
