# Shell functions that ./demo and ./check share: find or install Python, and keep a virtual environment equal
# to its lock. Plain POSIX sh, because a stranger's sh may be dash. The caller sets `root` and `me`.
# shellcheck shell=sh disable=SC2154
#
# For tests of these very scripts, from the environment (not MAILBAG_*: the program refuses names it does not know):
#   SETUP_WITHOUT_UV=1     use pip even where uv is installed
#   SETUP_PYTHON=/a/python use this interpreter, not the one that would be found
#   SETUP_NO_SYSTEM=1      install no system package, even as root on Debian

say() { printf '%s: %s\n' "$me" "$*" >&2; }

fail() {
    say "$@"
    exit 1
}

# Debian or Ubuntu, and root: only then is anything installed into the system.
may_apt() {
    [ -z "${SETUP_NO_SYSTEM:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1
}

# RUNLEVEL=1: invoke-rc.d then starts no server that a package brings (tests start their own).
apt_install() {
    say "installing with apt-get, which may take a minute or two: $*"
    log=$(mktemp)
    {
        apt-get update -qq &&
            RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || {
        tail -n 5 "$log" >&2
        rm -f "$log"
        return 1
    }
    rm -f "$log"
}

has_uv() { [ -z "${SETUP_WITHOUT_UV:-}" ] && uv --version >/dev/null 2>&1; }

# Debian's python3 comes without ensurepip, and then `-m venv` fails half-way.
is_fit() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for python in ${SETUP_PYTHON:+"$SETUP_PYTHON"} python3 python3.13 python3.12 python3.11 python3.14; do
        if is_fit "$python"; then
            return 0
        fi
        [ -z "${SETUP_PYTHON:-}" ] || fail "SETUP_PYTHON=$SETUP_PYTHON is no Python 3.11 or newer with venv"
    done
    return 1
}

no_python() {
    if command -v brew >/dev/null 2>&1; then
        line='brew install python'
    elif command -v apt-get >/dev/null 2>&1; then
        line='sudo apt-get install python3 python3-venv'
    else
        line="your system's package manager; the packages are often called python3 and python3-venv"
    fi
    fail "Python 3.11 or newer with venv is needed, or uv. Install it with: $line"
}

# Everything that decides whether an environment must be made anew, as text.
packages_stamp() { # environment, lock
    cksum <"$2" && printf '%s\n' "$root" && "$1/bin/python" -V 2>&1
}

project_stamp() { # environment
    packages_stamp "$1" "$root/pyproject.toml"
}

is_stamped() { # kind of stamp, environment, lock
    [ -f "$2/.stamp-$1" ] && [ "$("$1_stamp" "$2" "$3" 2>&1)" = "$(cat "$2/.stamp-$1")" ]
}

put_stamp() { # kind of stamp, environment, lock
    "$1_stamp" "$2" "$3" >"$2/.stamp-$1.new" && mv "$2/.stamp-$1.new" "$2/.stamp-$1"
}

# Makes or mends the environment. Asks no network where nothing changed.
ensure_environment() { # environment, lock
    if ! is_stamped packages "$1" "$2"; then
        rm -f "$1/.stamp-packages" "$1/.stamp-project"
        if has_uv && install_with_uv "$1" "$2"; then
            :
        else
            install_with_pip "$1" "$2"
        fi
        put_stamp packages "$1" "$2"
    fi
    if ! is_stamped project "$1" "$2"; then
        install_project "$1"
        put_stamp project "$1" "$2"
    fi
}

count_of() { grep -c '^[a-z0-9].*==' "$1"; }

install_with_uv() { # environment, lock
    say "setting up ${1##*/} with uv: $(count_of "$2") packages, some seconds, only this once"
    # a cache that cannot be written, as in a read-only home, would end uv with an error
    (
        cache=$(uv cache dir 2>/dev/null) && mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ] ||
            export UV_NO_CACHE=1
        if ! is_usable "$1"; then
            uv venv -q --clear --python "${SETUP_PYTHON:->=3.11}" "$1" || exit 1
        fi
        # compiled now, so that not even the first start is slow
        uv pip sync -q --compile-bytecode --python "$1/bin/python" --require-hashes "$2"
    ) || {
        say "uv could not do it (see above); trying Python's own venv and pip"
        return 1
    }
}

install_with_pip() { # environment, lock
    if ! is_usable "$1" || ! "$1/bin/python" -m pip --version >/dev/null 2>&1; then
        if ! find_python && may_apt; then
            apt_install python3 python3-venv || fail "apt-get could not install python3 and python3-venv"
        fi
        find_python || no_python
        say "setting up ${1##*/} with $("$python" -V 2>&1) and pip: $(count_of "$2") packages, about a minute, only this once"
        "$python" -m venv --clear "$1" || fail "$python -m venv did not work"
    else
        say "bringing ${1##*/} up to date with pip"
    fi
    pip_install "$1" --require-hashes --only-binary :all: --no-binary dkimpy -r "$2" ||
        fail "pip could not install the packages; is there a network? Run $me again when there is"
}

pip_install() { # environment, arguments of pip install
    env=$1
    shift
    # PIP_USER and PIP_TARGET in a stranger's environment would lead the packages elsewhere
    env -u PIP_USER -u PIP_TARGET -u PIP_PREFIX \
        "$env/bin/python" -m pip --disable-pip-version-check --no-input install -q "$@"
}

is_usable() { # environment
    "$1/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 &&
        [ -z "${SETUP_PYTHON:-}" ]
}

# The project itself, editable, so that .venv/bin has `mailbag`; hatchling comes from the lock, not the network.
install_project() { # environment
    if has_uv; then
        UV_NO_CACHE=1 uv pip install -q --offline --python "$1/bin/python" --no-deps --no-build-isolation -e "$root"
    else
        pip_install "$1" --no-index --no-deps --no-build-isolation -e "$root"
    fi || fail "the project itself could not be installed into ${1##*/}"
}
