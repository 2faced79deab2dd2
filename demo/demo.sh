#!/usr/bin/env bash
# ./dev demo: a loopback organization, a pretend Internet host, one message in, one out, and the 4086 story.
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
imc=${IMC_EXECUTABLE:-$here/build/imc}
work=$(mktemp -d "${TMPDIR:-/tmp}/imc-demo.XXXXXX")
export IMC_ROOT=$work/contoso
service= internet=

bold() { if [ -t 1 ]; then printf '\033[1m%s\033[0m\n' "$*"; else printf '%s\n' "$*"; fi; }
say() { printf '\n'; bold "== $*"; }
run() { printf '$ imc %s\n' "$*"; "$imc" "$@"; }
finish() {
    [ -z "$service" ] || kill "$service" 2>/dev/null || true
    [ -z "$internet" ] || kill "$internet" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

port() { /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# Waits at most a minute for a command to succeed.
until_true() { for _ in $(seq 600); do if "$@" >/dev/null 2>&1; then return 0; fi; sleep 0.1; done; echo "waited in vain: $*" >&2; return 1; }
greets() { exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r -t 5 line <&3 && [[ $line == 220* ]]; }
start() { "$imc" serve >>"$work/serve.out" 2>&1 & service=$!; until_true greets "$smtp"; }
stop() { kill "$service"; wait "$service" || true; service=; }

smtp=$(port) outside=$(port)

say "1. An organization, its directory and its connector"
run setup --org Contoso --site Oslo --server MAIL1 --domain contoso.example --host-name mail1.contoso.example \
    --directory embedded --listen "127.0.0.1:$smtp" --smart-host "127.0.0.1:$outside" --yes
run dir add mailbox alice --address alice@contoso.example
# Nobody may relay until the administrator says so; this machine's own programs may from now on.
run reg add -v RelayAllowList -t MULTI_SZ -d 127.0.0.1 -f

say "2. A pretend Internet host (on port $outside), and the service (on port $smtp)"
/usr/bin/python3 "$here/demo/internet.py" "$outside" "$work/outside" & internet=$!
until_true greets "$outside"
start
bold "The connector answers."

say "3. One message in: from the Internet to alice"
swaks --server "127.0.0.1:$smtp" --ehlo client.example.net --from bob@example.net --to alice@contoso.example \
    --header 'Subject: Hello from outside' --body 'Does the new connector work?' --hide-all --show-raw-text >/dev/null ||
    { echo "swaks failed" >&2; exit 1; }
until_true test -n "$(ls "$IMC_ROOT/mail/alice/Maildir/new" 2>/dev/null || true)" || true
until_true bash -c "ls '$IMC_ROOT'/mail/alice/Maildir/new/* >/dev/null"
bold "Delivered to alice's Maildir:"
sed 's/\r$//; s/^/    /' "$IMC_ROOT"/mail/alice/Maildir/new/*

say "4. One message out: from alice to the Internet"
swaks --server "127.0.0.1:$smtp" --ehlo desk.contoso.example --from alice@contoso.example --to bob@example.net \
    --header 'Subject: Hello from inside' --body 'It does.' >/dev/null || { echo "swaks failed" >&2; exit 1; }
until_true test -s "$work/outside"
bold "Arrived at the pretend Internet host:"
sed 's/\r$//; s/^/    /' "$work/outside"

say "5. The 4086 story: SiteDN no longer matches the directory"
stop
run reg add -v SiteDN -t SZ -d '/o=Contosa/ou=Oslo/cn=Configuration/cn=Servers/cn=MAIL1' -f
bold "In 1998 the next start said 'Error 2140: an internal error occurred', and nothing else. Now:"
printf '$ imc serve\n'
if "$imc" serve; then echo "the service started although SiteDN is wrong" >&2; exit 1; fi
bold "One command mends it:"
run check --fix
start
bold "The connector answers again."

say "What to try next"
cat <<NEXT
    export IMC_ROOT=$IMC_ROOT
    $imc explain 4086          what the event means, its causes and remedies
    $imc events --last 5       the event log
    $imc check --all           every assertion of a start
    $imc queue ls              what waits, and why
    $imc dir ls                the directory
    $imc reg describe          every setting: type, unit, range, meaning
    swaks --server 127.0.0.1:$smtp --from you@example.net --to alice@contoso.example
NEXT
if [ -t 0 ] && [ -t 1 ]; then
    printf '\nThe organization stays until you press Enter. '
    read -r _
fi
