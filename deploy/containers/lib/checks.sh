# shellcheck shell=bash
# What is asked of the running containers. Needs progress.sh and engine.sh.
# shellcheck disable=SC2154 # variables of the script that sources this

service_names=(referrals peer-matching scheduling outcomes)

container_of() {
    "${compose[@]}" ps -q "$1"
}

show_logs() {
    "${compose[@]}" logs --no-color --tail 15 >&2 || true
}

# wait_until_healthy SECONDS: compose has started the services; their own `health` subcommand says when they are ready.
wait_until_healthy() {
    local service deadline=$((SECONDS + $1)) health
    for service in postgres "${service_names[@]}"; do
        until health=$(docker inspect --format '{{.State.Health.Status}}' "$(container_of "$service")") &&
            [[ $health == healthy ]]; do
            ((SECONDS < deadline)) || {
                show_logs
                fail "$service is $health after $1 s"
            }
            sleep 0.5
        done
        say "$service is healthy"
    done
}

# check_hardening: what compose.yaml asks for must have reached the processes.
check_hardening() {
    local service container pid
    for service in "${service_names[@]}"; do
        container=$(container_of "$service")
        pid=$(docker inspect --format '{{.State.Pid}}' "$container")
        expect "$service: read-only root" true docker inspect --format '{{.HostConfig.ReadonlyRootfs}}' "$container"
        expect "$service: user" 10001 process_field "$pid" Uid
        expect "$service: capabilities" 0000000000000000 process_field "$pid" CapBnd
        expect "$service: no new privileges" 1 process_field "$pid" NoNewPrivs
        # A secret belongs in a file: an environment is shown by `inspect` and inherited by whatever is started.
        expect "$service: no password in its environment" 0 grep -c -a -i -E 'password=|://[^/@]*:[^/@]*@' \
            "/proc/$pid/environ"
    done
    say "All services: read-only root, user 10001, no capabilities, no new privileges, no password in the environment"
}

# process_field PID FIELD: the first value of a field of /proc/PID/status.
process_field() {
    sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | cut -f 1
}

# expect WHAT VALUE COMMAND…: the command prints the value.
expect() {
    local what=$1 value=$2 found
    shift 2
    found=$("$@") || true
    [[ $found == "$value" ]] || fail "$what: expected $value, found $found"
}

# register_agency: a service does not start while no agency is configured, so the first one comes before them.
register_agency() {
    run_logged "Migrating" "$work/migrate.log" "${compose[@]}" run --rm -T migrate || {
        tail -n 30 "$work/migrate.log" >&2
        fail "the database could not be migrated"
    }
    run_logged "Agency" "$work/agency.log" "${compose[@]}" run --rm -T migrate handrail agency add \
        --id=019abc00-0000-7000-8000-000000000001 --name="Agency to try" --time-zone=America/New_York \
        --part2-program --hipaa-covered-entity || {
        tail -n 30 "$work/agency.log" >&2
        fail "the agency could not be registered"
    }
}

# play_journey: the journey, from a container beside the services.
play_journey() {
    say "Playing the journey"
    run_logged "Journey" "$work/journey.log" "${compose[@]}" run --rm -T journey || {
        tail -n 30 "$work/journey.log" >&2
        show_logs
        fail "the journey did not come to its end"
    }
    cat "$work/journey.log"
}

# check_closed: without a token nothing is told, and what says how to get one names the public address, not ours.
check_closed() {
    local answer
    expect "a list without a token" 401 in_namespace curl --silent --output /dev/null --write-out '%{http_code}' \
        http://127.0.0.1:8101/v1/referrals
    answer=$(in_namespace curl --silent http://127.0.0.1:8101/.well-known/smart-configuration)
    [[ $answer == *'https://referrals.example.org/auth/token'* ]] ||
        fail "the token endpoint is not at the public address: $answer"
    say "Nothing is told without a token, and partners are sent to the public address"
}

# check_stopping: PID 1 must take SIGTERM, finish, and leave with 0, well before it would be killed.
check_stopping() {
    local service container started=$SECONDS
    "${compose[@]}" stop --timeout 40 "${service_names[@]}" >"$work/stop.log" 2>&1
    for service in "${service_names[@]}"; do
        container=$("${compose[@]}" ps -q --all "$service" 2>/dev/null || container_of "$service")
        expect "$service: exit code after SIGTERM" 0 docker inspect --format '{{.State.ExitCode}}' "$container"
    done
    say "All services stopped within $((SECONDS - started)) s, with exit code 0"
}
