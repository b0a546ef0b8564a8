# shellcheck shell=bash
# A PostgreSQL cluster of our own: made, started and stopped here, never the machine's. Needs progress.sh.
#
# A cluster is a folder: data (the cluster), socket (its unix socket), password (of the superuser `postgres`).

# cluster_create FOLDER [SETTING…]: makes the cluster in FOLDER, which user `postgres` must be able to reach.
cluster_create() {
    local folder=$1
    shift
    mkdir -p "$folder/socket"
    (umask 077 && random_password >"$folder/password")
    printf '%s\n' "unix_socket_directories = '$folder/socket'" "unix_socket_permissions = 0700" \
        "listen_addresses = '127.0.0.1'" "$@" >"$folder/settings"
    ((EUID != 0)) || chown -R postgres: "$folder"
    # The folder and the socket's folder can be entered; data/ stays closed, PostgreSQL insists on it.
    chmod 711 "$folder"
    chmod 755 "$folder/socket"
    as_postgres initdb -D "$folder/data" -U postgres -E UTF8 --locale=C.UTF-8 --auth-local=trust \
        --auth-host=scram-sha-256 --data-checksums --no-sync --pwfile="$folder/password" >"$folder.initdb" 2>&1 || {
        cat "$folder.initdb" >&2
        fail "initdb did not work in $folder"
    }
    rm -f "$folder.initdb"
    # Trust on the socket is for its owner (and root) alone; everybody else comes by TCP with a password.
    as_postgres sh -c "cat '$folder/settings' >>'$folder/data/postgresql.conf'"
}

# cluster_start FOLDER: starts it on a free port of the loopback interface and leaves the port in `cluster_port`.
cluster_start() {
    local folder=$1 attempt
    # Somebody else may take the port between our look and PostgreSQL's bind: try another then.
    for attempt in 1 2 3 4 5; do
        cluster_port=$(free_port)
        ! as_postgres pg_ctl -D "$folder/data" -l "$folder/data/server.log" -w -t 60 -s \
            -o "-p $cluster_port" start >/dev/null || return 0
        say "PostgreSQL did not start on port $cluster_port (attempt $attempt)"
    done
    as_postgres tail -n 20 "$folder/data/server.log" >&2
    fail "PostgreSQL did not start in $folder"
}

# cluster_stop FOLDER [MODE]: stops it if it runs; `fast` closes connections, `immediate` does not even write a checkpoint.
cluster_stop() {
    ! as_postgres pg_ctl -D "$1/data" status >/dev/null 2>&1 ||
        as_postgres pg_ctl -D "$1/data" -m "${2:-fast}" -w -t 60 -s stop >/dev/null
}

# cluster_url FOLDER DATABASE: the superuser's URL, by TCP as the services come.
cluster_url() {
    printf 'postgresql://postgres:%s@127.0.0.1:%s/%s' "$(cat "$1/password")" "$cluster_port" "$2"
}

# as_postgres PROGRAM…: a program of the newest installed PostgreSQL, as user `postgres` when we are root (it refuses to
# run as root), else as ourselves. From /, because `postgres` may not be able to enter the current folder; without the
# door's lock (9), which a server must not hold on to.
as_postgres() {
    local bin
    bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
    if ((EUID == 0)); then
        (cd / && exec 9>&- && runuser -u postgres -- env PATH="$bin:$PATH" "$@")
    else
        (cd / && exec 9>&- && env PATH="$bin:$PATH" "$@")
    fi
}

# free_port: a loopback port that nobody listens on, below the range that the kernel hands out to clients.
free_port() {
    local port
    while port=$((20000 + RANDOM % 12000)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# random_password: 32 hexadecimal digits, which need no escaping in a URL.
random_password() {
    od -An -N 16 -tx1 /dev/urandom | tr -d ' \n'
}
