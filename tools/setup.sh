# SPDX-License-Identifier: Apache-2.0
# What tools/demo and tests/run do before their work: packages, a kernel, the build. Sourced by bash; needs $root, the
# directory of the sources, and $me, the name to complain under.

build_dir=$root/build
step_started=$SECONDS

# step TEXT: what is done now, after how long.
step() {
    printf '== [%3d s] %s\n' $((SECONDS - step_started)) "$*"
}

die() {
    echo "$me: $*" >&2
    exit 1
}

# For quiet commands: their output only when they fail.
quietly() {
    local log
    log=$(mktemp)
    if ! "$@" > "$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}

# install_packages PACKAGE...: those that are missing, which needs root and the network.
install_packages() {
    type -P apt-get dpkg-query > /dev/null || die "this is no Debian: install by hand what these packages hold: $*"
    local package missing=()
    for package; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    [[ $(id -u) == 0 ]] || die "packages are missing, and installing them needs root. Run it as root, or first:
  sudo apt-get install --no-install-recommends ${missing[*]}"
    step "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    quietly apt-get -q update ||
        die "apt-get update fails (no network?), and these packages are missing: ${missing[*]}"
    quietly apt-get -q -y --no-install-recommends install "${missing[@]}" ||
        die "apt-get install fails (no network?), and these packages are missing: ${missing[*]}"
}

# The appliance's kernel: an installed one, else one that is unpacked into the build directory, because a kernel
# that is installed would become the one that this machine boots.
fetch_kernel() {
    compgen -G "/boot/vmlinuz-*-cloud-amd64" > /dev/null && return
    compgen -G "$build_dir/kernel/boot/vmlinuz-*-cloud-amd64" > /dev/null && return
    step "fetching the appliance's kernel"
    local package scratch release
    # As root the download drops to a user of its own, who must be able to write there.
    scratch=$(mktemp -d) && chmod 777 "$scratch"
    package=$(apt-cache depends linux-image-cloud-amd64 2> /dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    if [[ ! $package && $(id -u) == 0 ]]; then
        quietly apt-get -q update || true
        package=$(apt-cache depends linux-image-cloud-amd64 2> /dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    fi
    [[ $package ]] || die "no kernel: apt knows no linux-image-cloud-amd64 (no network? apt-get update never run?)"
    (cd "$scratch" && quietly apt-get -q download "$package") || die "$package cannot be downloaded (no network?)"
    mkdir -p "$build_dir/kernel.new"
    dpkg-deb -x "$scratch"/*.deb "$build_dir/kernel.new"
    release=${package#linux-image-}
    PATH=$PATH:/usr/sbin:/sbin depmod -b "$build_dir/kernel.new" "$release"
    rm -rf "$scratch" "$build_dir/kernel"
    mv "$build_dir/kernel.new" "$build_dir/kernel"
}

# configure DIR [OPTION]...: a build directory; one that is there is left as it is.
configure() {
    [[ -e $1/build.ninja ]] && return
    step "configuring ${1#"$root"/}"
    quietly meson setup "$1" "$root" "${@:2}" || die "meson setup $1 fails"
}

# compile DIR [TARGET]...: with ninja's own progress.
compile() {
    step "compiling ${1#"$root"/}"
    meson compile -C "$1" "${@:2}" || die "the build fails"
}

build_packages=(g++ meson ninja-build pkg-config libboost1.81-dev libcap-ng-dev catch2 libyaml-dev libmbedtls-dev)
machine_packages=(qemu-system-x86 busybox-static cpio gzip zstd kmod)
