# shellcheck shell=bash
# packages.sh - how the scripts of this repository get Debian packages; sourced by bash, never run.
#
# install_packages COMMAND_OR_FILE:PACKAGE...
#   installs the packages whose command or file is missing, as root or through sudo; says what it does.
#   PACKAGES_LOG names the file that gets apt's output.

APT=(apt-get -qq -o DPkg::Lock::Timeout=600 -o APT::Sandbox::User=root)

have() {
  case $1 in
    /*) [ -e "$1" ];;
    *) PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null;;
  esac
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

apt_update() { as_root "${APT[@]}" update >>"$PACKAGES_LOG" 2>&1 || true; }  # one broken source must not stop the others

apt_install() { as_root env DEBIAN_FRONTEND=noninteractive "${APT[@]}" install -y --no-install-recommends "$@" >>"$PACKAGES_LOG" 2>&1; }

install_packages() {
  local entry wanted=() start=$SECONDS
  for entry; do have "${entry%%:*}" || wanted+=("${entry#*:}"); done
  [ ${#wanted[@]} -gt 0 ] || return 0
  local command="apt-get update && apt-get install -y --no-install-recommends ${wanted[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "This system has no apt-get. Install what these Debian 12 packages hold, then try again: ${wanted[*]}" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ] && ! { command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; }; then
    echo "Packages are missing, and only root can install them. As root, run: $command" >&2
    return 1
  fi
  echo "    installing ${wanted[*]}" >&2
  # The package lists are fetched only if they do not know a package, or what they know is gone from the mirror.
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
