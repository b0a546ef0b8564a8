# shellcheck shell=bash
# Images without a registry: the base from Debian's packages, the toolchain from this machine. Needs progress.sh.
# shellcheck disable=SC2154 # variables of the script that sources this

# buildah_here ARGUMENT…: buildah with a store of its own, so that nothing of the machine's is used or left changed.
buildah_here() {
    CONTAINERS_CONF=$work/containers.conf buildah --root "$work/images" --runroot "$work/run" \
        --storage-driver overlay "$@"
}

# configure_buildah: runc, because crun refuses machines with both cgroup versions; limits that a machine which is
# itself a guest can grant.
configure_buildah() {
    cat >"$work/containers.conf" <<'EOT'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
EOT
}

has_image() {
    buildah_here inspect --type image "$1" >/dev/null 2>&1
}

# build_image WHAT TAG ARGUMENT…: a build with the network of this machine, for Debian's packages.
build_image() {
    local what=$1 tag=$2
    shift 2
    run_logged "$what" "$work/$tag.log" nice env CONTAINERS_CONF="$work/containers.conf" \
        buildah --root "$work/images" --runroot "$work/run" --storage-driver overlay \
        build --layers --runtime runc --network host --tag "localhost/$tag" "$@" || {
        grep -E 'error:' "$work/$tag.log" >&2 || tail -n 30 "$work/$tag.log" >&2
        fail "$what (the log is $work/$tag.log)"
    }
}

# make_base_image: Debian's smallest system, as `localhost/debian`.
make_base_image() {
    ! has_image localhost/debian || return 0
    run_logged "Base image (debootstrap)" "$work/debian.log" debootstrap --variant=minbase bookworm "$work/debian" ||
        fail "debootstrap (the log is $work/debian.log)"
    local container
    container=$(buildah_here from scratch)
    buildah_here add --quiet "$container" "$work/debian" / >/dev/null
    buildah_here commit --quiet "$container" localhost/debian >/dev/null
    buildah_here rm "$container" >/dev/null
    rm -rf "$work/debian"
}

# make_toolchain_image: `localhost/swift`, what a Swift toolchain needs around it; the toolchain itself is mounted.
make_toolchain_image() {
    ! has_image localhost/swift || return 0
    cat >"$work/swift.Containerfile" <<EOT
FROM localhost/debian
RUN apt-get update && apt-get install --yes --no-install-recommends binutils ca-certificates g++ git libc6-dev \
    libcurl4-openssl-dev libedit2 libncurses-dev libpython3.11 libsqlite3-0 libxml2-dev zlib1g-dev
ENV PATH=$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
EOT
    build_image "Toolchain image" swift --file "$work/swift.Containerfile" "$work"
}

# make_handrail_image: the real Containerfile. Where git on this machine reads packages from a local folder, that folder
# and the setting are mounted too, so that the build needs no network for them.
make_handrail_image() {
    local mounts=(--volume "$toolchain:$toolchain:ro") folder
    while read -r folder; do
        [[ ! -d $folder ]] || mounts+=(--volume "$folder:$folder:ro" --volume /etc/gitconfig:/etc/gitconfig:ro)
    done < <(git config --system --get-regexp '^url\..*\.insteadof$' 2>/dev/null |
        sed -E 's/^url\.(.*)\.insteadof .*/\1/' | sort -u)
    # A context named like the first stage takes its place, so that nothing is compiled.
    [[ -z $built ]] || mounts+=(--build-context "build=$(built_context)")
    build_image "Handrail's image" handrail "${mounts[@]}" --build-arg SWIFT_IMAGE=localhost/swift \
        --build-arg DEBIAN_IMAGE=localhost/debian --file deploy/containers/Containerfile .
}

# built_context: the executables in `built`, laid out as the Containerfile's first stage leaves them.
built_context() {
    rm -rf "$work/context"
    install -D --strip --target-directory="$work/context/built" \
        "$built"/{referrals,peer-matching,scheduling,outcomes,handrail}
    echo "$work/context"
}

make_postgres_image() {
    build_image "PostgreSQL's image" postgres --build-arg DEBIAN_IMAGE=localhost/debian \
        --file deploy/containers/stand-ins/postgres.Containerfile .
}
