# shellcheck shell=bash
# What deploy/run, deploy/test and .ci/run share: they bring a machine to the point where Tusk can be built.
# Sourced, never run. Made for Debian 12 with a Swift toolchain on PATH; each step that cannot be done ends the
# script with one sentence that says what to do. Exit codes are those of sysexits.h: 69 unavailable, 78 configuration.

# The oldest compiler that builds the package (swift-tools-version in Package.swift).
swift_major_min=6
swift_minor_min=2

# Free space that packages, a build and a throw-away server need together, in MiB.
free_mib_min=2048

# A line about what is being done; results alone go to standard output.
note() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
}

# Ends the script: stop_with CODE SENTENCE.
stop_with() {
    note "$2"
    exit "$1"
}

# Runs a command as root; sudo may ask for a password only where somebody can type it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif ! command -v sudo >/dev/null; then
        return 127
    elif [ -t 0 ] && [ -t 2 ]; then
        sudo -- "$@"
    else
        sudo -n -- "$@"
    fi
}

# Lets sudo ask for its password now. What follows may have its input and output elsewhere, and then as_root takes what
# sudo remembers.
wake_sudo() {
    if [ "$(id -u)" -ne 0 ] && [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null; then
        sudo -v
    fi
}

# names_database [ARGUMENT OF TUSK]...: whether arguments or environment name a PostgreSQL server, as tusk reads them.
# PGUSER and PGPORT only add to what is named elsewhere.
names_database() {
    local name
    for name in "$@"; do
        case $name in --database-url | --database-url=*) return 0 ;; esac
    done
    for name in TUSK_DATABASE_URL TUSK_DATABASE_URL_FILE DATABASE_URL PGHOST PGHOSTADDR PGDATABASE PGSERVICE; do
        [ -z "${!name-}" ] || return 0
    done
    return 1
}

# A toolchain that is there, new enough, and able to start.
need_swift() {
    local version
    if ! command -v swift >/dev/null; then
        stop_with 78 "There is no swift on PATH; install Swift ${swift_major_min}.${swift_minor_min} or later \
from https://swift.org/install and run this again."
    fi
    # These libraries come with the toolchain's own installation notes; an unpacked archive lacks them.
    if ! swift build --version >/dev/null 2>&1; then
        need_packages libcurl4 libncurses6 libsqlite3-0 libxml2
    fi
    version=$(swift --version 2>/dev/null) || version=
    if ! [[ $version =~ [Vv]ersion\ ([0-9]+)\.([0-9]+) ]]; then
        stop_with 78 "swift at $(command -v swift) does not start; 'swift --version' shows why."
    fi
    if ((BASH_REMATCH[1] < swift_major_min
            || (BASH_REMATCH[1] == swift_major_min && BASH_REMATCH[2] < swift_minor_min))); then
        stop_with 78 "Tusk needs Swift ${swift_major_min}.${swift_minor_min} or later, and \
$(command -v swift) is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}."
    fi
}

# need_space DIRECTORY: enough room to work in it.
need_space() {
    local free_mib
    free_mib=$(df -Pm -- "$1" | awk 'NR == 2 { print $4 }')
    if [ -n "$free_mib" ] && [ "$free_mib" -lt "$free_mib_min" ]; then
        stop_with 69 "$1 has ${free_mib} MB left and this needs about ${free_mib_min} MB; make room and run this again."
    fi
}

# Installs those of the named Debian packages that are missing; touches neither apt nor the network when none is.
need_packages() {
    local package missing=()
    for package in "$@"; do
        case $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) in
            installed) ;;
            *) missing+=("$package") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        stop_with 69 "This is not a Debian system; install what Debian calls ${missing[*]} and run this again."
    fi
    need_space /var
    note "installing ${missing[*]}"
    if ! apt_install "${missing[@]}"; then
        stop_with 69 "apt could not install ${missing[*]}; install them (as root, with a network) and run this again."
    fi
}

# apt_install PACKAGE...: quiet unless it fails. The package lists may be empty or old, so they are fetched first;
# apt calls a fetch without a network a success, which is why only the installation decides.
apt_install() {
    local answer options
    options=(-o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=300)
    wake_sudo || return 1
    if ! answer=$(
        exec 2>&1 </dev/null
        as_root apt-get "${options[@]}" -qq update
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get "${options[@]}" -qq -y --no-install-recommends install "$@"
    ); then
        [ -z "$answer" ] || printf '%s\n' "$answer" | tail -n 20 >&2
        return 1
    fi
}

# The headers and tools every build uses, and the time zones that schedules are computed with.
need_build_packages() {
    need_packages ca-certificates g++ libcurl4-openssl-dev libpq-dev libssl-dev libzstd-dev pkg-config tzdata zlib1g-dev
}

# Prints the directory of the newest PostgreSQL server's programs; fails when there is none.
postgresql_bin() {
    local newest
    newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    [ -x "$newest" ] || newest=$(command -v initdb) || return 1
    dirname "$(readlink -f "$newest")"
}

# A PostgreSQL server to start ourselves. Debian would make and start a cluster of its own on the first
# installation; a setting that lives only as long as the installation keeps it from doing so.
need_postgresql() {
    local status=0 setting=/etc/postgresql-common/createcluster.d/tusk.conf
    postgresql_bin >/dev/null && return 0
    if ! as_root mkdir -p "${setting%/*}" ||
        ! printf 'create_main_cluster = false\n' | as_root tee "$setting" >/dev/null; then
        stop_with 69 "There is no PostgreSQL server, and nobody here may install one; install the package postgresql \
as root, or name a server with DATABASE_URL, and run this again."
    fi
    (need_packages postgresql) || status=$?
    as_root rm -f "$setting"
    [ "$status" -eq 0 ] || exit "$status"
    postgresql_bin >/dev/null || stop_with 69 "There is no PostgreSQL server under /usr/lib/postgresql; install one."
}

# Tools of tests whose packages would also start a service: promtool, which judges the metrics, PgBouncer and nginx. The
# packages are unpacked into the build directory instead of being installed.
need_service_tools() {
    need_packages libc-ares2 libevent-2.1-7 libpcre2-8-0
    PATH=$PATH:$PWD/.build/tools/usr/bin:$PWD/.build/tools/usr/sbin
    need_unpacked prometheus promtool
    need_unpacked pgbouncer pgbouncer
    need_unpacked nginx nginx
}

# A browser, and what drives it in an environment of its own in the build directory.
need_browser() {
    need_packages chromium
    need_python_tools .build/browser Tests/BrowserTests/requirements.txt "the dashboard"
}

# What judges the files for containers and the OpenAPI description, in an environment of its own in the build directory.
need_file_checkers() {
    need_packages binutils openssl
    need_python_tools .build/checkers deploy/requirements.txt "deploy/"
    PATH=$PATH:$PWD/.build/checkers/bin
}

# need_python_tools PLACE REQUIREMENTS OF: what the tests OF something need of PyPI, installed below PLACE.
need_python_tools() {
    local answer place=$1 wanted=$2
    need_packages python3-venv
    cmp -s "$wanted" "$place/requirements.txt" && return 0
    note "fetching what $wanted lists"
    rm -rf "$place"
    if ! answer=$(/usr/bin/python3 -m venv "$place" 2>&1 &&
        "$place/bin/pip" --disable-pip-version-check install --quiet --requirement "$wanted" 2>&1); then
        printf '%s\n' "$answer" | tail -n 20 >&2
        stop_with 69 "pip could not install what $wanted lists; the tests of $3 need it and a network."
    fi
    cp "$wanted" "$place/requirements.txt"
}

# need_unpacked PACKAGE PROGRAM: the program on PATH, from the unpacked package if need be.
need_unpacked() {
    local tools=.build/tools
    command -v "$2" >/dev/null && return 0
    note "fetching $2"
    mkdir -p "$tools"
    if ! (cd "$tools" && fetch_package "$1" && dpkg-deb --extract "$1"_*.deb .); then
        stop_with 69 "apt could not fetch the package $1, whose $2 the tests use; put $2 on PATH."
    fi
    rm -f "$tools/$1"_*.deb
}

# fetch_package PACKAGE: its .deb into the current directory.
fetch_package() {
    apt-get -qq download "$1" >/dev/null 2>&1 && return 0
    wake_sudo || return 1
    as_root apt-get -qq update >/dev/null 2>&1
    apt-get -qq -o APT::Sandbox::User=root download "$1" >&2
}
