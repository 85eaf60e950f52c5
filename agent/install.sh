#!/bin/sh
# Installs the Fairlead agent on this machine, or removes it again. The relay serves this file and fills in two values.
#
#   curl -fsSL @@SERVER@@/install.sh | sh -s -- --token TOKEN [--name NAME] [--linux-user USER] [--allow-sudo]
#   sh install.sh --dry-run …      print what would be done, do nothing
#   sh install.sh --uninstall      stop it, and remove all that was installed
#
# Needs python3 >= 3.11 and curl or wget. As root: /opt/fairlead-agent, /var/lib/fairlead-agent and a systemd service.
# As anyone else: below the home directory, in the background.
set -eu

# Everything stands in functions, so that a download cut short runs nothing.
SERVER='@@SERVER@@'
SHA256='@@SHA256@@'

say() { printf 'fairlead: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

usage() {
    sed -n 's/^#   //p' "$0" 2>/dev/null || true
    die "flags: --token TOKEN --name NAME --linux-user USER --allow-sudo --insecure-http --dry-run --uninstall"
}

# Prints a command as it could be typed again; runs it unless this is a dry run.
run() {
    if [ -n "$dry_run" ]; then
        printf 'would run:' >&2
        for word in "$@"; do
            printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" >&2
        done
        printf '\n' >&2
    else
        "$@"
    fi
}

value_of() {
    [ "$#" -ge 2 ] && [ -n "$2" ] || die "$1 needs a value"
}

read_flags() {
    token=${FAIRLEAD_TOKEN:-} name='' linux_user='' allow_sudo='' insecure_http='' dry_run='' uninstall=''
    while [ "$#" -gt 0 ]; do
        case $1 in
            --token) value_of "$@"; token=$2; shift ;;
            --name) value_of "$@"; name=$2; shift ;;
            --linux-user) value_of "$@"; linux_user=$2; shift ;;
            --allow-sudo) allow_sudo=1 ;;
            --insecure-http) insecure_http=1 ;;
            --dry-run) dry_run=1 ;;
            --uninstall) uninstall=1 ;;
            *) say "unknown flag: $1"; usage ;;
        esac
        shift
    done
}

choose_places() {
    if [ "$(id -u)" = 0 ]; then
        program=/opt/fairlead-agent state=/var/lib/fairlead-agent
    else
        [ -n "${HOME:-}" ] || die "HOME is not set"
        program=$HOME/.local/share/fairlead-agent state=$HOME/.local/state/fairlead-agent
    fi
    agent=$program/agent.pyz
}

has_systemd() { [ "$(id -u)" = 0 ] && [ -d /run/systemd/system ]; }

find_python() {
    for python in python3 python3.14 python3.13 python3.12 python3.11; do
        python=$(command -v "$python" 2>/dev/null) || continue
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            # The real path: a service must not depend on somebody's PATH or shims.
            python=$("$python" -c 'import sys; print(sys.executable)')
            return
        fi
    done
    die "python3 3.11 or newer is needed, and was not found: install it with your package manager, then run this again"
}

download() {
    if command -v curl >/dev/null 2>&1; then
        run curl -fsSL --proto '=http,https' -o "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        run wget -q -O "$2" "$1"
    else
        die "curl or wget is needed to download the agent"
    fi
}

checksum() {
    "$python" -I -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

fetch_agent() {
    run mkdir -p "$program"
    run chmod 755 "$program"
    download "$SERVER/agent.pyz" "$agent.new"
    if [ -n "$dry_run" ]; then
        say "would check that its SHA-256 is $SHA256"
    elif [ "$(checksum "$agent.new")" != "$SHA256" ]; then
        rm -f "$agent.new"
        die "the downloaded agent is not the one this script was made for (wrong SHA-256): nothing was installed"
    fi
    run chmod 755 "$agent.new"
    run mv "$agent.new" "$agent"
}

enroll() {
    set -- "$python" "$agent" enroll --server "$SERVER" --state "$state"
    [ -z "$name" ] || set -- "$@" --name "$name"
    [ -z "$linux_user" ] || set -- "$@" --linux-user "$linux_user"
    [ -z "$allow_sudo" ] || set -- "$@" --allow-sudo
    [ -z "$insecure_http" ] || set -- "$@" --insecure-http
    # The token goes by the environment: arguments can be seen by every user of this machine.
    if [ -n "$dry_run" ]; then
        run "$@"
    else
        FAIRLEAD_TOKEN=$token "$@"
    fi
}

start() {
    if has_systemd; then
        run "$python" "$agent" install --state "$state"
        return
    fi
    if [ -n "$dry_run" ]; then
        say "would start in the background: $python $agent run --state $state"
        return
    fi
    launcher=nohup
    ! command -v setsid >/dev/null 2>&1 || launcher='setsid nohup'
    $launcher "$python" "$agent" run --state "$state" >"$state/agent.log" 2>&1 </dev/null &
    printf '%s\n' "$!" >"$state/agent.pid"
    say "started in the background; log: $state/agent.log"
    say "to start it at boot, add to your crontab (crontab -e):"
    say "  @reboot $python $agent run --state $state >>$state/agent.log 2>&1"
}

install_agent() {
    [ -n "$token" ] || die "--token is missing: copy the command from the relay's 'Add machine' page"
    case $token in *[!A-Za-z0-9._-]*) die "that is not a registration token" ;; esac
    [ ! -e "$state/config.json" ] ||
        die "this machine is enrolled already: to enrol it again, as another machine, run this with --uninstall first"
    find_python
    fetch_agent
    enroll
    start
    [ -n "$dry_run" ] || say "done: this machine is now known to $SERVER"
}

# The process in the background, if it is still ours.
stop_background() {
    [ -f "$state/agent.pid" ] || return 0
    pid=$(cat "$state/agent.pid")
    case $pid in '' | *[!0-9]*) return 0 ;; esac
    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF "$agent run"; then
        run kill "$pid"
    fi
}

# Typed into a shell that the agent holds: the service's end is this script's end too, so systemd is asked to do the rest.
is_held_by_the_service() { has_systemd && grep -qF '/fairlead-agent.service' /proc/self/cgroup 2>/dev/null; }

uninstall_from_outside() {
    find_python
    say "this shell is one of the agent's and ends with it; see: journalctl -u fairlead-removal.service"
    # shellcheck disable=SC2016 # for the other shell
    run systemd-run --quiet --collect --unit=fairlead-removal.service /bin/sh -c \
        '"$1" "$2" uninstall --state "$3"; rm -rf "$3" "$4"' sh "$python" "$agent" "$state" "$program"
}

uninstall_agent() {
    if is_held_by_the_service; then
        uninstall_from_outside
        return
    fi
    stop_background
    if [ -f "$agent" ]; then
        find_python
        # The agent removes its service and its state; what it cannot is removed below all the same.
        run "$python" "$agent" uninstall --state "$state" || say "going on without the agent's help"
    fi
    [ ! -d "$state" ] || run rm -rf "$state"
    [ ! -d "$program" ] || run rm -rf "$program"
    [ -n "$dry_run" ] || say "removed"
}

main() {
    read_flags "$@"
    choose_places
    if [ -n "$uninstall" ]; then
        uninstall_agent
    else
        install_agent
    fi
}

main "$@"
