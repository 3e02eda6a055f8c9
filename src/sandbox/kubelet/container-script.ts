/**
 * Runs as the first process of a container's mount and process namespaces: puts the root file system together, mounts
 * what belongs into it, and becomes the container's program inside. Every value arrives as an argument; the paths below
 * the root are free of symbolic links, because the caller has resolved them.
 *
 * Arguments: lower upper work root capabilities, then `ro|rw SOURCE TARGET` for each mount, then `--`, then the folder to start in, the
 * user and group (empty: as it is), then the environment as NAME=VALUE, then `--` and the program with its arguments.
 * `probe` in place of the folder ends it before the program.
 */
export const containerScript: string = String.raw`
set -eu
lower=$1; upper=$2; work=$3; root=$4; capabilities=$5; shift 5
escaped() { printf '%s' "$1" | sed 's/[\\:,]/\\&/g'; }
options="lowerdir=$(escaped "$lower"),upperdir=$(escaped "$upper"),workdir=$(escaped "$work")"
if ! mount -t overlay overlay -o "$options" "$root" 2>/dev/null; then
  cp -a "$lower/." "$root/"
  cp -a "$upper/." "$root/"
fi
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
for name in bus fs irq sys sysrq-trigger; do
  if [ -e "$root/proc/$name" ]; then
    mount --bind "$root/proc/$name" "$root/proc/$name" 2>/dev/null && mount -o remount,bind,ro "$root/proc/$name" 2>/dev/null || true
  fi
done
mount -t tmpfs -o nosuid,mode=755,size=65536k tmpfs "$root/dev"
for name in null zero full random urandom tty; do
  : > "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir -m 1777 "$root/dev/shm"
mkdir "$root/dev/pts"
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
while [ "$1" != -- ]; do
  if [ "$3" = /dev/termination-log ]; then : > "$root$3"; fi
  mount --bind "$2" "$root$3"
  if [ "$1" = ro ]; then mount -o remount,bind,ro "$root$3"; fi
  shift 3
done
shift
if [ "$1" = probe ]; then exit 0; fi
folder=$1; user=$2; group=$3; shift 3
unshare=$(command -v unshare)
left=$#
isProgram=
while [ "$left" -gt 0 ]; do
  argument=$1; shift
  if [ "$argument" = -- ] && [ -z "$isProgram" ]; then
    isProgram=yes
    set -- "$@" "$unshare" "--root=$root" "--wd=$folder"
    if [ -n "$group" ]; then set -- "$@" --setgid "$group"; fi
    if [ -n "$user" ]; then set -- "$@" --setuid "$user"; fi
  fi
  set -- "$@" "$argument"
  left=$((left - 1))
done
exec setpriv --bounding-set "$capabilities" env -i "$@"
`
