#!/usr/bin/env bash
# The Administrator's pages: types, tests, bundle.   tools/web.sh [--check]
# The bundle (web/dist) is committed, so that C++ builds need no Node. --check builds beside it and compares; nothing is changed.
set -euo pipefail
cd "$(dirname "$0")/../web"

check=0
[ "${1:-}" = --check ] && check=1
fail() { printf 'tools/web.sh: %s\n' "$*" >&2; exit 1; }

command -v node >/dev/null || fail "node is not there; the pages need Node 20.19 or newer (the committed bundle needs none)"
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    fail "Node 20.19 or newer expected, $(node --version) found"

# npm ci when what is installed is not what package-lock.json says
stamp=node_modules/.lock-of-last-install
if ! cmp -s package-lock.json $stamp; then
    npm ci --no-audit --no-fund
    cp package-lock.json $stamp
fi
if grep -q '"resolved"' package-lock.json; then fail "package-lock.json names a registry's host; .npmrc keeps that out: make it anew with npm install"; fi

node node_modules/typescript/bin/tsc --noEmit
node node_modules/vitest/vitest.mjs run

out=dist
if [ $check = 1 ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
fi
node node_modules/vite/bin/vite.js build --logLevel warn --emptyOutDir --outDir "$out"

# No inline script or style, nothing from elsewhere: the Content-Security-Policy allows neither.
if grep -nE '<script(>| [^>]*>[^<])|<style| style=| on[a-z]+=|https?://' "$out/index.html"; then fail "index.html has something inline, or from elsewhere"; fi

size=$(find "$out" -type f -exec sh -c 'for f; do gzip -9c "$f" | wc -c; done' _ {} + | awk '{ n += $1 } END { print n }')
[ "$size" -le $((150 * 1024)) ] || fail "the bundle has $size octets compressed, 153600 are allowed"

if [ $check = 1 ]; then
    diff -r dist "$out" >/dev/null || fail "web/dist is not what web/src makes; run tools/web.sh and commit web/dist"
fi
printf 'web: %d files, %d octets compressed\n' "$(find "$out" -type f | wc -l)" "$size"
