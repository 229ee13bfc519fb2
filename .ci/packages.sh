# shellcheck shell=bash
# packages.sh - how the scripts of this repository get Debian packages; sourced by bash, never run.
#
# install_packages WHAT:PACKAGE...
#   installs the packages whose WHAT is missing, as root or through sudo, and says so. WHAT is a command, the path of a
#   file, or the name of a pkg-config file. PACKAGES_LOG names the file that gets apt's output.

APT=(apt-get -qq -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root)

have() {
  case $1 in
    /*) [ -e "$1" ];;
    *.pc) compgen -G "/usr/lib/*/pkgconfig/$1" >/dev/null || compgen -G "/usr/*/pkgconfig/$1" >/dev/null;;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null;;
  esac
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

may_be_root() {
  [ "$(id -u)" = 0 ] && return
  command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

# One broken source must not keep the packages of the others away: what is really missing shows in apt_install.
apt_update() { as_root "${APT[@]}" update >>"$PACKAGES_LOG" 2>&1 || true; }

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive "${APT[@]}" install -y --no-install-recommends "$@" >>"$PACKAGES_LOG" 2>&1
}

install_packages() {
  local entry wanted=() start=$SECONDS
  for entry; do have "${entry%%:*}" || wanted+=("${entry#*:}"); done
  [ ${#wanted[@]} -gt 0 ] || return 0
  local command="apt-get update && apt-get install -y --no-install-recommends ${wanted[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get. Install what these packages of Debian 12 hold, then try again: ${wanted[*]}" >&2
    return 1
  fi
  if ! may_be_root; then
    echo "Packages are missing that only root can install. As root, run: $command" >&2
    return 1
  fi
  echo "    installing ${wanted[*]}" >&2
  # The package lists are fetched only if they do not know a package, or if what they know is gone from the mirror.
  apt-cache show "${wanted[@]}" >/dev/null 2>&1 || apt_update
  if ! apt_install "${wanted[@]}"; then
    apt_update
    if ! apt_install "${wanted[@]}"; then
      tail -n 20 "$PACKAGES_LOG" >&2
      echo "These packages could not be installed: ${wanted[*]}. As root, run: $command" >&2
      return 1
    fi
  fi
  echo "    installed in $((SECONDS - start)) s" >&2
}
