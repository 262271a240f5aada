#!/usr/bin/env bash
# Prints where a program of Debian's is: debian.sh nginx /usr/sbin/nginx. Takes the one that is installed, or
# unpacks the package of that name from the distribution's archive, without installing it or asking for root.
set -euo pipefail
package=$1 path=$2
if command -v "$(basename "$path")"; then exit; fi
root=${LIME_INTEROP_VENVS:-$(cd "$(dirname "$0")/../../.." && pwd)/target/interop}/debian
if [[ ! -x $root/$package$path ]]; then
  command -v apt-get >/dev/null || { echo "$package is not installed, and there is no apt-get" >&2; exit 1; }
  # Lists of our own: those of the system may be missing, and only root may fetch them.
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/$package"
  apt=(apt-get -qq -o "Dir::State::Lists=$root/lists" -o "Dir::Cache=$root/cache" -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update >&2
  rm -f "$root/cache/$package"_*.deb
  (cd "$root/cache" && "${apt[@]}" download "$package" >&2)
  dpkg -x "$root/cache/$package"_*.deb "$root/$package"
fi
echo "$root/$package$path"
