# What scripts/test needs of the machine: packages, and a database server of its own.
# Sourced; expects `set -euo pipefail`.

postgres_data=
postgres_bin=

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "scripts/test: root is needed to install packages; run as root or install sudo, or install: ${missing[*]}" >&2
        return 1
    fi
}

# The directory of initdb and pg_ctl, newest version first; nothing when there is none.
find_postgres() {
    local found
    found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
    if [ -z "$found" ] && command -v initdb >/dev/null; then
        found=$(dirname "$(command -v initdb)")
    fi
    printf '%s' "$found"
}

has_font_for() {
    command -v fc-list >/dev/null && [ -n "$(fc-list ":lang=$1" family 2>/dev/null | head -n 1)" ]
}

install_missing() {
    missing=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    command -v python3 >/dev/null || missing+=(python3)
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    if [ -z "${ASSAY_TEST_POSTGRES:-}" ] && [ -z "$(find_postgres)" ]; then
        missing+=(postgresql)
    fi
    [ -x "${ASSAY_TEST_CHROMIUM:-/usr/bin/chromium}" ] || missing+=(chromium)
    has_font_for en || missing+=(fonts-liberation)
    # WenQuanYi Micro Hei: all CJK letters in 1.6 MB, where Noto takes 57.
    has_font_for zh || missing+=(fonts-wqy-microhei)
    if [ "${#missing[@]}" -gt 0 ]; then
        echo "installing: ${missing[*]}"
        apt_install
    else
        echo "nothing"
    fi
    rustfmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

apt_install() {
    if ! command -v apt-get >/dev/null; then
        echo "scripts/test: there is no apt-get here; install by hand what serves for: ${missing[*]}" >&2
        return 1
    fi
    case " ${missing[*]} " in
    *" postgresql "*)
        # Debian's package would otherwise make and start a server for the whole machine.
        as_root mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" |
            as_root tee /etc/postgresql-common/createcluster.d/assay.conf >/dev/null
        ;;
    esac
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}

# PostgreSQL refuses to run as root.
as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

# Starts a server with its files under $1 and sets ASSAY_TEST_POSTGRES.
start_postgres() {
    if [ -n "${ASSAY_TEST_POSTGRES:-}" ]; then
        echo "using the server of ASSAY_TEST_POSTGRES"
        return
    fi
    postgres_bin=$(find_postgres)
    local home="$1/postgres" port
    mkdir "$home"
    if [ "$(id -u)" -eq 0 ]; then
        chown postgres "$home"
    fi
    # The server is thrown away, so it need not survive a power cut: no fsync.
    (cd "$home" && as_postgres "$postgres_bin/initdb" --pgdata "$home/data" --username postgres --auth trust \
        --encoding UTF8 --locale C.UTF-8 --no-sync >"$1/initdb.log" 2>&1) || { cat "$1/initdb.log" >&2; return 1; }
    for _ in 1 2 3 4 5 6 7 8; do
        # Below the range that the kernel gives out for outgoing connections.
        port=$((20000 + RANDOM % 12000))
        if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            continue
        fi
        if (cd "$home" && as_postgres "$postgres_bin/pg_ctl" --pgdata "$home/data" --log "$home/log" --wait --timeout 60 \
            --options "-p $port -k $home -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=300" \
            start >/dev/null); then
            postgres_data="$home/data"
            ASSAY_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
            echo "PostgreSQL listens on port $port"
            return
        fi
    done
    echo "scripts/test: the PostgreSQL server does not start:" >&2
    tail -n 20 "$home/log" >&2 || true
    return 1
}

stop_postgres() {
    if [ -n "$postgres_data" ]; then
        (cd / && as_postgres "$postgres_bin/pg_ctl" --pgdata "$postgres_data" --mode immediate --wait stop >/dev/null)
        postgres_data=
    fi
}
