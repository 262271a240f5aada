# Unpacks packages of Debian 12's, for amd64 and arm64, without root: nothing is installed. To be sourced.
#
# `packages_in PLACE` empties a place and fetches the lists, and returns 3 where packages are out of reach;
# `packages_needs PACKAGE REGEX` prints the first dependency of a package that matches, since names carry
# versions, which change with updates; `packages_unpack PACKAGE…` unpacks into PLACE/root.

packages_in() {
  packages_place=$1
  command -v apt-get >/dev/null || { echo "there is no apt-get to fetch packages with" >&2; return 3; }
  rm -rf "$packages_place"/{lists,cache,root}
  mkdir -p "$packages_place"/{lists/partial,cache/archives/partial,root}
  packages_options=(-qq -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=arm64
    -o "Dir::State::Lists=$packages_place/lists" -o "Dir::Cache=$packages_place/cache"
    -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any -o Acquire::Retries=2)
  apt-get "${packages_options[@]}" update >&2 || return 3
}

packages_needs() {
  apt-cache "${packages_options[@]}" show --no-all-versions "$1" | grep ^Depends: | grep -oE "$2" | head -1
}

packages_unpack() {
  (cd "$packages_place/cache" && apt-get "${packages_options[@]}" download "$@" >&2)
  for package in "$packages_place"/cache/*.deb; do dpkg -x "$package" "$packages_place/root"; done
  rm -rf "$packages_place"/{lists,cache}
}
