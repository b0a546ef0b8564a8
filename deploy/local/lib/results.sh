# shellcheck shell=bash
# What came of a test run, counted and said at the end. Needs progress.sh.

# report_results CODE LOG XML…: shows what failed and why tests were skipped, closes with `N passed, N failed, N skipped`
# on a line of its own, and returns CODE, or 1 where the counts say that something is wrong although CODE was 0.
report_results() {
    local code=$1 log=$2 passed failed skipped
    shift 2
    if whole "$@"; then
        read -r passed failed skipped < <(count_cases "$@")
    else
        # A crash or a time-out leaves the results half written: count what the log saw, and the crash as a failure.
        passed=$(grep -cE '^(✔|━) Test .* passed after ' "$log") || true
        failed=$(grep -cE '^✘ Test .* failed after ' "$log") || true
        skipped=$(grep -c '^➜ Test ' "$log") || true
        failed=$((failed + 1))
        echo "The run ended early (exit code $code$( ((code != 124 && code != 137)) || echo ': it took too long')):"
        grep -E 'Fatal error|Program crashed' "$log" || true
        tail -n 40 "$log"
        echo "Under way when it ended:"
        unfinished "$log"
    fi
    grep -E '^✘ Test .* recorded an issue|^↳ |^✘ Test .* failed after|: error: ' "$log" | grep -v '^↳ T' || true
    sed -n 's/^➜ Test .* skipped: /Skipped: /p' "$log" | sort | uniq -c || true
    if ((code == 0 && failed > 0)) || ((passed + failed == 0)); then
        code=1
        echo "No test ran, or one failed unnoticed: that is a failure too (the log is $log)"
    fi
    ((code == 0)) || echo "The whole log is $log"
    say "Done"
    echo "$passed passed, $failed failed, $skipped skipped"
    return "$code"
}

# unfinished LOG: the tests that began and did not end.
unfinished() {
    comm -23 <(sed -nE 's/^◇ Test (.*) started\.$/\1/p' "$1" | grep -vE '^(run|case .*)$' | sort) \
        <(sed -E 's/ with [0-9]+ test cases? (passed|failed) after/ \1 after/' "$1" |
            sed -nE 's/^(✔|✘|━) Test (.*) (passed|failed) after .*/\2/p' | sort) | sed 's/^/    /'
}

# whole XML…: are these results complete?
whole() {
    local file
    for file in "$@"; do
        grep -q '</testsuites>' "$file" 2>/dev/null || return 1
    done
}

# count_cases XML…: passed, failed and skipped test cases. Counted one by one, because the suite's `failures` attribute
# counts issues, of which one test may have several.
count_cases() {
    awk '
        /<testcase/ { cases++; failure = 0 }
        /<failure|<error/ { if (!failure) failed++; failure = 1 }
        /<skipped/ { skipped++ }
        END { printf "%d %d %d\n", cases - failed - skipped, failed, skipped }
    ' "$@"
}
