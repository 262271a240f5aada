# Unpacks packages of Debian's, for amd64 and arm64, without root: nothing is installed. To be sourced.
#
# `packages_in PLACE` fetches the lists; `packages_unpack PACKAGE…` unpacks into PLACE/root;
# `packages_needs PACKAGE REGEX` prints the first dependency of a package that matches, since names carry
# versions, which change with updates; `packages_done` removes what was fetched.

packages_in() {
  command -v apt-get >/dev/null || { echo "there is no apt-get to fetch packages with" >&2; return 1; }
  packages_place=$1
  mkdir -p "$packages_place"/{lists/partial,cache/archives/partial,root}
  packages_options=(-qq -o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Architectures::=arm64
    -o "Dir::State::Lists=$packages_place/lists" -o "Dir::Cache=$packages_place/cache"
    -o "APT::Sandbox::User=$(id -un)")
  apt-get "${packages_options[@]}" update >&2
}

packages_needs() {
  apt-cache "${packages_options[@]}" show --no-all-versions "$1" | grep ^Depends: | grep -oE "$2" | head -1
}

packages_unpack() {
  (cd "$packages_place/cache" && apt-get "${packages_options[@]}" download "$@" >&2)
  for package in "$packages_place"/cache/*.deb; do dpkg -x "$package" "$packages_place/root"; done
}

packages_done() { rm -rf "$packages_place"/{cache,lists}; }
