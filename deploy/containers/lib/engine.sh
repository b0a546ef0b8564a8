# shellcheck shell=bash
# A container engine of our own: its own socket, data and network namespace, so that neither the machine's engine nor
# its firewall rules are touched. Needs progress.sh.
# shellcheck disable=SC2154 # variables of the script that sources this

namespace=handrail-try
engine_pid=""

# start_engine: dockerd, with bridges and port rules inside the namespace only.
start_engine() {
    ip netns add "$namespace" 2>/dev/null || true
    in_namespace ip link set lo up
    export DOCKER_HOST=unix://$work/docker.sock
    # nsenter by file: `ip netns exec` would hide the control groups.
    setsid nsenter --net="/run/netns/$namespace" dockerd --host "$DOCKER_HOST" --data-root "$work/engine" \
        --exec-root "$work/exec" --pidfile "$work/docker.pid" --storage-driver overlay2 \
        --default-ulimit nofile=20000:20000 --default-ulimit nproc=32768:32768 >"$work/engine.log" 2>&1 </dev/null &
    engine_pid=$!
    local deadline=$((SECONDS + 30))
    until docker version >/dev/null 2>&1; do
        if ((SECONDS >= deadline)) || ! kill -0 "$engine_pid" 2>/dev/null; then
            tail -n 20 "$work/engine.log" >&2
            fail "the container engine did not start"
        fi
        sleep 0.3
    done
}

in_namespace() {
    nsenter --net="/run/netns/$namespace" "$@"
}

stop_engine() {
    [[ -n $engine_pid ]] || return 0
    kill -TERM "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" 2>/dev/null || true
    engine_pid=""
    ip netns delete "$namespace" 2>/dev/null || true
}

# load_image TAG [NAME]: hands an image over from buildah's store to the engine.
load_image() {
    # By a file: buildah's own push to a daemon breaks off with "closed pipe" with these versions.
    buildah_here push --quiet "localhost/$1" "docker-archive:$work/image.tar:${2:-$1}:try" >/dev/null
    docker load --quiet --input "$work/image.tar" >/dev/null
    rm "$work/image.tar"
}
