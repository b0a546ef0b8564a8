# shellcheck shell=bash
# Which database a local installation uses: the one that HANDRAIL_DATABASE_URL names, or a cluster of its own.
# Needs progress.sh and cluster.sh.
# shellcheck disable=SC2034,SC2154 # variables shared with the door and the other parts

# choose_home ROOT: where data, secrets and logs are kept, left in `home`. Usually .handrail in the tree; where user
# `postgres` cannot enter the tree (a home directory is often closed), /var/lib/handrail.
choose_home() {
    home=$1/.handrail
    ((EUID == 0)) || return 0
    [[ -n ${HANDRAIL_DATABASE_URL:-} ]] || runuser -u postgres -- test -x "$1" || home=/var/lib/handrail
}

# open_database HOME [SETTING…]: makes the cluster at the first start, starts it, and leaves the migrator's URL in
# HANDRAIL_DATABASE_URL and its password's file in HANDRAIL_DATABASE_PASSWORD_FILE. Where the URL is set already,
# nothing is started: that database is somebody else's care.
open_database() {
    if [[ -n ${HANDRAIL_DATABASE_URL:-} ]]; then
        say "Using the database that HANDRAIL_DATABASE_URL names"
        return 0
    fi
    cluster=$1/postgres
    if [[ ! -f $cluster/complete ]]; then
        say "Making a PostgreSQL cluster in $cluster"
        # What an interrupted first start left behind is not worth keeping.
        rm -rf "$cluster"
        cluster_create "$cluster" 'max_connections = 200' "${@:2}"
        touch "$cluster/complete"
    fi
    # A killed start may have left it running: on its old port, with nobody who stops it.
    cluster_stop "$cluster"
    cluster_start "$cluster"
    say "PostgreSQL is running on port $cluster_port"
    [[ $(ask_cluster "select count(*) from pg_database where datname = 'handrail'") == 1 ]] ||
        ask_cluster "create database handrail"
    HANDRAIL_DATABASE_URL=postgresql://postgres@127.0.0.1:$cluster_port/handrail
    HANDRAIL_DATABASE_PASSWORD_FILE=$cluster/password
}

# close_database: stops the cluster, if there is one of ours.
close_database() {
    [[ -z ${cluster:-} || ! -d $cluster/data ]] || cluster_stop "$cluster" fast
}

# ask_cluster SQL: one value from our own cluster, as its superuser, through its socket.
ask_cluster() {
    PGHOST=$cluster/socket PGPORT=$cluster_port PGUSER=postgres PGDATABASE=postgres psql -XAtq -c "$1"
}

# url_for LOGIN: the same database as the migrator's, for another login, without a password.
url_for() {
    [[ $HANDRAIL_DATABASE_URL =~ ^([a-z]+://)([^@/?]*@)?(.*)$ ]] || fail "HANDRAIL_DATABASE_URL is not a URL"
    printf '%s%s@%s' "${BASH_REMATCH[1]}" "$1" "${BASH_REMATCH[3]}"
}
