# shellcheck shell=bash
# The four services as processes: started, kept running, asked whether they are ready, stopped. Needs progress.sh.

services=(referrals peer-matching scheduling outcomes)
declare -A service_ports=([referrals]=8101 [peer-matching]=8102 [scheduling]=8103 [outcomes]=8104)
declare -A service_pids=()

# check_ports: says which of our ports somebody else has, before minutes go into building.
check_ports() {
    local service port
    for service in "${services[@]}"; do
        for port in "${service_ports[$service]}" "$((service_ports[$service] + 1000))"; do
            ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
                fail "port $port, which $service needs, is taken by another program"
        done
    done
}

# start_service NAME BIN LOGS: starts one; its log is appended to LOGS/NAME.log. In a process group of its own, so that
# Ctrl-C reaches only the door, which then stops the services in order; without the migrator's and the issuer's
# secrets, which are none of its business; and without the door's lock (9), which a service must not hold on to.
start_service() {
    setsid env -u HANDRAIL_DATABASE_URL -u HANDRAIL_DATABASE_PASSWORD_FILE -u HANDRAIL_LOCAL_ISSUER_KEY_FILE \
        "$2/$1" >>"$3/$1.log" 2>&1 </dev/null 9>&- &
    service_pids[$1]=$!
}

# start_services BIN LOGS: starts all of them.
start_services() {
    local service
    for service in "${services[@]}"; do start_service "$service" "$1" "$2"; done
}

# wait_until_ready LOGS SECONDS: asks each service's operator's port until it says that it is ready.
wait_until_ready() {
    local service deadline=$((SECONDS + $2)) url
    for service in "${services[@]}"; do
        url="http://127.0.0.1:$((service_ports[$service] + 1000))/health/ready"
        until curl --silent --fail --max-time 2 --output /dev/null "$url"; do
            kill -0 "${service_pids[$service]}" 2>/dev/null || {
                tail -n 20 "$1/$service.log" >&2
                fail "$service stopped while starting; its log is $1/$service.log"
            }
            ((SECONDS < deadline)) || fail "$service was not ready after $2 s ($url): $(curl --silent --max-time 2 "$url")"
            sleep 0.2
        done
        say "$service is ready on port ${service_ports[$service]}"
    done
}

# watch_services BIN LOGS: stays, and starts a service again that has stopped. Ends only by a signal.
watch_services() {
    local service code
    while true; do
        for service in "${services[@]}"; do
            kill -0 "${service_pids[$service]}" 2>/dev/null && continue
            code=0
            wait "${service_pids[$service]}" 2>/dev/null || code=$?
            say "$service stopped by itself (exit code $code); starting it again (its log is $2/$service.log)"
            start_service "$service" "$1" "$2"
        done
        # Also the pause that keeps a service that cannot start from being started in a circle.
        sleep 2
    done
}

# stop_services: asks all of them at once to finish what they are doing, and waits for that.
stop_services() {
    local service pid deadline=$((SECONDS + 30))
    for pid in "${service_pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
    for service in "${!service_pids[@]}"; do
        pid=${service_pids[$service]}
        while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
        ! kill -KILL "$pid" 2>/dev/null || say "$service did not stop within 30 s and was killed"
    done
    service_pids=()
}
