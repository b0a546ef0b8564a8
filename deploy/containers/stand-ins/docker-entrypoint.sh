#!/usr/bin/env bash
# Makes the cluster at the first start, as the official image's entrypoint of this name does, then becomes the command.
set -euo pipefail
if [[ ! -s $PGDATA/PG_VERSION ]]; then
    initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C.UTF-8 \
        --auth-local=trust --auth-host=scram-sha-256 --data-checksums
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    # The database is made before anybody can connect from outside, so that "ready" means ready to be used.
    pg_ctl -w -o "-c listen_addresses=''" start
    createdb "$POSTGRES_DB"
    pg_ctl -w stop
fi
exec "$@"
