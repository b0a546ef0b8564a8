# shellcheck shell=bash
# The settings of a local installation. Needs database.sh and services.sh.
# shellcheck disable=SC2154 # variables shared with the other parts

# write_environment HOME: prints them as shell assignments, for the services and for whoever wants to use the operator's
# command or curl beside them.
write_environment() {
    local service name login secrets=$1/secrets
    printf 'export %s=%q\n' \
        HANDRAIL_ENV local \
        HANDRAIL_DATABASE_URL "$HANDRAIL_DATABASE_URL" \
        HANDRAIL_DATABASE_PASSWORD_FILE "${HANDRAIL_DATABASE_PASSWORD_FILE:-}" \
        HANDRAIL_LOCAL_ISSUER_KEY_FILE "$secrets/issuer.pem" \
        HANDRAIL_TOKEN_ISSUERS "$secrets/issuers.json" \
        HANDRAIL_IDEMPOTENCY_KEY_FILE "$secrets/idempotency.key" \
        HANDRAIL_AUDIT_KEY_FILE "$secrets/audit-signing.pem" \
        HANDRAIL_REFERRALS_TOKEN_KEY_FILE "$secrets/token-signing.pem" \
        HANDRAIL_REFERRALS_KEY_RING_FILE "$secrets/key-ring.json" \
        HANDRAIL_REFERRALS_BLIND_INDEX_KEYS_FILE "$secrets/blind-index-keys.json"
    for service in "${services[@]}"; do
        login=${service//-/_}
        name=HANDRAIL_${login^^}
        printf 'export %s=%q\n' \
            "${name}_LISTEN" "127.0.0.1:${service_ports[$service]}" \
            "${name}_OPERATOR_LISTEN" "127.0.0.1:$((service_ports[$service] + 1000))" \
            "${name}_DATABASE_URL" "$(url_for "$login")" \
            "${name}_DATABASE_PASSWORD_FILE" "$secrets/$login.password" \
            "${name}_WORKER_DATABASE_URL" "$(url_for "${login}_worker")" \
            "${name}_WORKER_DATABASE_PASSWORD_FILE" "$secrets/${login}_worker.password"
    done
}
