# shellcheck shell=bash
# The secrets of a local installation: made once, each in a file that only its owner can read. Needs cluster.sh.

logins=(referrals referrals_worker peer_matching peer_matching_worker scheduling scheduling_worker outcomes
    outcomes_worker)

# make_passwords FOLDER: a password for each login that has none yet.
make_passwords() {
    local folder=$1 login
    mkdir -p "$folder"
    chmod 700 "$folder"
    for login in "${logins[@]}"; do
        secret_file "$folder/$login.password" random_password
    done
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
