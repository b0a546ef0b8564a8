# shellcheck shell=bash
# What the doors need of the machine, installed only where it is missing. Needs progress.sh.

# install_what_is_needed: what builds and runs Handrail, beside Swift itself: the database server, its client library
# with TLS, and what the package manager fetches dependencies with.
install_what_is_needed() {
    install_missing postgresql libpq-dev libssl-dev openssl pkg-config git ca-certificates curl tzdata
}

# install_missing PACKAGE…: an equipped machine is left alone; apt is not even asked.
install_missing() {
    local missing=() package
    command -v dpkg-query >/dev/null || {
        say "No dpkg here: taking it as given that these are installed: $*"
        return 0
    }
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    say "Installing ${missing[*]}"
    # In the foreground: sudo may ask for a password. Other people's package lists may fail to update; what matters is
    # whether the install works.
    as_root apt-get -q update || say "apt-get update did not fully succeed, going on"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
        install --no-install-recommends "${missing[@]}" || fail "could not install ${missing[*]}"
}

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# as_root COMMAND…: directly, or through sudo.
as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        command -v sudo >/dev/null || fail "must be root, or have sudo, to run: $*"
        sudo "$@"
    fi
}

# find_swift: puts Swift on the path. `sudo` resets the path, so the usual places are looked at too.
find_swift() {
    local folder
    for folder in /opt/swift/usr/bin /usr/libexec/swift/bin "$HOME/.local/share/swiftly/bin"; do
        command -v swift >/dev/null || [[ ! -x $folder/swift ]] || PATH=$PATH:$folder
    done
    command -v swift >/dev/null || fail "no swift on the path: install Swift 6.3 first (swift.org/install)"
}
