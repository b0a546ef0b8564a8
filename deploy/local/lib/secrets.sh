# shellcheck shell=bash
# The secrets of an installation: each made once, in a file of its own. Needs progress.sh and cluster.sh.

logins=(referrals referrals_worker peer_matching peer_matching_worker scheduling scheduling_worker outcomes
    outcomes_worker)

# make_secrets FOLDER: whatever is not there yet.
make_secrets() {
    local folder=$1 login
    mkdir -p "$folder"
    chmod 700 "$folder"
    for login in "${logins[@]}"; do
        secret_file "$folder/$login.password" random_password
    done
    secret_file "$folder/idempotency.key" random_key
    secret_file "$folder/key-ring.json" key_ring
    secret_file "$folder/blind-index-keys.json" blind_index_keys
}

# make_local_issuer FOLDER [PATH]: a token issuer that stands in for the agencies' identity provider on a machine where
# things are tried out; never in production, where its key would open everything. PATH is where the services will see
# the folder, if elsewhere.
make_local_issuer() {
    local folder=$1
    secret_file "$folder/issuer.pem" openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384
    secret_file "$folder/issuer.jwks.json" public_key_set "$folder/issuer.pem" local-1
    secret_file "$folder/issuers.json" \
        printf '[{"issuer": "handrail-local", "jwksFile": "%s/issuer.jwks.json", "audience": "handrail"}]\n' \
        "${2:-$folder}"
}

# secret_file FILE COMMAND…: the file with what the command prints, unless it is there. It appears whole or not at all:
# an interrupted start leaves no half a key behind.
secret_file() {
    local file=$1
    shift
    [[ ! -s $file ]] || return 0
    (umask 077 && "$@" >"$file.new") || fail "could not make $file"
    mv "$file.new" "$file"
}

# random_key: 32 random bytes in base64.
random_key() {
    head -c 32 /dev/urandom | base64
}

# key_ring: wraps participants' data keys; named after the month, because rotation adds a key and keeps the old ones.
key_ring() {
    local id
    id=$(date -u +%Y-%m)
    printf '{"current": "%s", "keys": [{"id": "%s", "key": "%s"}]}\n' "$id" "$id" "$(random_key)"
}

blind_index_keys() {
    printf '{"keys": [{"version": 1, "key": "%s"}]}\n' "$(random_key)"
}

# public_key_set PEM ID: the JSON Web Key Set (RFC 7517) of a P-384 key. An uncompressed point is the last 96 bytes of
# the public key's DER form: x and y, 48 bytes each.
public_key_set() {
    local x y
    x=$(openssl pkey -in "$1" -pubout -outform DER | tail -c 96 | head -c 48 | base64url)
    y=$(openssl pkey -in "$1" -pubout -outform DER | tail -c 48 | base64url)
    printf '{"keys": [{"kty": "EC", "crv": "P-384", "alg": "ES384", "use": "sig", "kid": "%s", "x": "%s", "y": "%s"}]}\n' \
        "$2" "$x" "$y"
}

base64url() {
    base64 -w 0 | tr '+/' '-_' | tr -d '='
}
