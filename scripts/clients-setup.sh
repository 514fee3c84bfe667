#!/usr/bin/env bash
# Installs the outside clients of `npm run test:clients`, each from its own registry: Prometheus with promtool (Debian),
# prometheus-client and schemathesis (PyPI), telemetrygen (Go). What is there already is left as it is. A client that
# cannot be installed is named on the last lines; the tests say loudly that they are left out (on CI they fail).
# usage: scripts/clients-setup.sh
set -uo pipefail
cd "$(dirname "$0")/.."

TELEMETRYGEN=v0.161.0

cache=$PWD/.cache/clients
mkdir -p "$cache/bin"
sudo=; [ "$(id -u)" -eq 0 ] || sudo=sudo
missing=()

# The packages start a service where they can; here nothing may listen but what the tests start.
prometheus() {
  command -v prometheus >/dev/null && command -v promtool >/dev/null && return 0
  command -v apt-get >/dev/null || return 1
  local policy=/usr/sbin/policy-rc.d made=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null && $sudo chmod +x "$policy" && made=1
  fi
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends prometheus >/dev/null 2>"$cache/apt.log" ||
    { tail -n 20 "$cache/apt.log"; false; }
  local code=$?
  [ -z "$made" ] || $sudo rm -f "$policy"
  return $code
}

python_packages() {
  local python=$cache/python/bin/python wanted=scripts/clients-requirements.txt
  cmp -s "$wanted" "$cache/python/installed" && "$python" --version >/dev/null 2>&1 && return 0
  rm -rf "$cache/python"
  python3 -m venv "$cache/python" || return 1
  "$python" -m pip install --quiet --disable-pip-version-check --requirement "$wanted" || return 1
  cp "$wanted" "$cache/python/installed"
}

telemetrygen() {
  [ "$(cat "$cache/bin/telemetrygen.version" 2>/dev/null)" = "$TELEMETRYGEN" ] && return 0
  command -v go >/dev/null || return 1
  GOBIN=$cache/bin go install \
    "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@$TELEMETRYGEN" \
    2>"$cache/telemetrygen.log" || { tail -n 20 "$cache/telemetrygen.log"; return 1; }
  echo "$TELEMETRYGEN" >"$cache/bin/telemetrygen.version"
}

python_packages & python=$!
telemetrygen & go=$!
prometheus || missing+=(prometheus)
wait $python || missing+=(python)
wait $go || missing+=(telemetrygen)

for name in "${missing[@]+"${missing[@]}"}"; do echo "!! could not install: $name"; done
[ ${#missing[@]} -eq 0 ]
