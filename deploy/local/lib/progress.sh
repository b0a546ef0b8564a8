# shellcheck shell=bash
# What the doors say while they work, and how they run something long without going silent.

# say TEXT: one line, with the minutes since the start, so that a log shows where the time went.
say() {
    printf '[%02d:%02d] %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"
}

# fail TEXT: says why and ends with 1. The caller's EXIT trap still tidies up.
fail() {
    printf '[%02d:%02d] FAILED: %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*" >&2
    exit 1
}

# The process group of the command that `run_logged` waits for; empty when there is none.
running=""

# run_logged WHAT LOG COMMAND…: runs the command with its output in LOG, says every ten seconds how far it is, and
# returns its exit code. It gets a process group of its own: a background command of a script ignores Ctrl-C, so
# `stop_running` ends the whole group instead.
run_logged() {
    local what=$1 log=$2 code=0 started=$SECONDS said=0
    shift 2
    : >"$log"
    setsid "$@" >>"$log" 2>&1 </dev/null &
    running=$!
    while kill -0 "$running" 2>/dev/null; do
        sleep 0.2
        if ((SECONDS - started >= said + 10)); then
            said=$((SECONDS - started))
            say "$what … $(last_line "$log")"
        fi
    done
    wait "$running" || code=$?
    running=""
    return "$code"
}

# stop_running: ends what `run_logged` waits for, if anything.
stop_running() {
    [[ -z $running ]] || kill -TERM -- "-$running" 2>/dev/null || true
    running=""
}

# last_line LOG: the last line that says something, cut to a terminal's width.
last_line() {
    tail -n 20 "$1" | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-90
}
