# shellcheck shell=bash
# lib.sh - what the scripts of this folder share; sourced by bash, never run.

K8S_VERSION=${REMORA_K8S_VERSION:-1.20.2}
K8S_CACHE=${REMORA_K8S_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/remora-k8s}/$K8S_VERSION
ME=${0##*/}

say() { printf '%s: %s\n' "$ME" "$*" >&2; }
die() { say "$*"; exit 1; }

# manual: prints the comment at the head of the script
manual() { sed -n '2,/^set -/{/^set -/d;s/^# \{0,1\}//;p}' "$0"; }

# --- programs

# find_bin NAME: the path of a program. In this order: the variable named after it (KUBE_APISERVER, ETCD, KUBECTL, ...),
# the folder KUBEBUILDER_ASSETS, the cache that build-kubernetes fills, PATH.
find_bin() {
  local name=$1 var folder
  var=${name^^}; var=${var//-/_}
  if [ -n "${!var:-}" ]; then
    [ -x "${!var}" ] || die "$var=${!var} cannot be run; correct or unset it"
    printf '%s\n' "${!var}"; return
  fi
  for folder in "${KUBEBUILDER_ASSETS:-}" "$K8S_CACHE"; do
    if [ -n "$folder" ] && [ -x "$folder/$name" ]; then printf '%s\n' "$folder/$name"; return; fi
  done
  command -v "$name"
}

must_bin() { find_bin "$1" || die "there is no $1: run Tests/cluster/build-kubernetes${2:+ $2}, or set KUBEBUILDER_ASSETS"; }

# --- processes: a pid file holds "PID STARTTIME", so that a recycled pid is never taken for ours, and nothing is
# --- signalled that was not started here.

start_time() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  stat=${stat##*) }                      # the name in parentheses may hold blanks
  # shellcheck disable=SC2086
  set -- $stat
  echo "${20}"
}

# note_pid NAME PID: remembers a process in $DIR/run/NAME.pid
note_pid() { echo "$2 $(start_time "$2" || echo gone)" >"$DIR/run/$1.pid"; }

# spawn NAME COMMAND...: starts COMMAND detached; its output goes to $DIR/log/NAME.log
spawn() {
  local name=$1; shift
  printf '=== %s %s\n' "$(date -u +%FT%TZ)" "$*" >>"$DIR/log/$name.log"
  # descriptors 3 to 9 are closed so that no caller's pipe waits for the daemon
  setsid "$@" </dev/null >>"$DIR/log/$name.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  note_pid "$name" $!
  disown $!
}

# pid_of NAME: prints the pid if that very process is still alive; a zombie is not
pid_of() {
  local pid start now stat
  read -r pid start 2>/dev/null <"$DIR/run/$1.pid" || return 1
  now=$(start_time "$pid") && [ -n "$start" ] && [ "$now" = "$start" ] || return 1
  read -r stat 2>/dev/null <"/proc/$pid/stat" || return 1
  case ${stat##*) } in Z*|X*|'') return 1;; esac
  echo "$pid"
}

# stop_proc NAME [SECONDS]: SIGTERM, then SIGKILL after SECONDS (default 5; 0: SIGKILL at once)
stop_proc() {
  local pid i
  if pid=$(pid_of "$1"); then
    if [ "${2:-5}" != 0 ]; then
      kill -TERM "$pid" 2>/dev/null || true
      kill -CONT "$pid" 2>/dev/null || true   # a paused process cannot end
    fi
    for ((i = 0; i < ${2:-5} * 20; i++)); do pid_of "$1" >/dev/null || break; sleep 0.05; done
    if pid_of "$1" >/dev/null; then kill -KILL "$pid" 2>/dev/null || true; fi
    for ((i = 0; i < 100; i++)); do pid_of "$1" >/dev/null || break; sleep 0.05; done
  fi
  rm -f "$DIR/run/$1.pid"
}

# --- ports: free_port prints a free port of 127.0.0.1 and reserves it for $DIR

PORTS=${TMPDIR:-/tmp}/remora-ports-$(id -u)
free_port() {
  local port i owner
  mkdir -p "$PORTS"
  for ((i = 0; i < 500; i++)); do
    port=$((20000 + RANDOM % 10000))       # below the ports that the kernel gives to clients
    grep -qi ":$(printf %04X $port) " /proc/net/tcp /proc/net/tcp6 2>/dev/null && continue
    if [ -d "$PORTS/$port" ]; then         # left by an instance that is gone?
      owner=$(cat "$PORTS/$port/dir" 2>/dev/null) || owner=''
      [ -z "$owner" ] || [ -d "$owner" ] || rm -rf "${PORTS:?}/$port"
    fi
    mkdir "$PORTS/$port" 2>/dev/null || continue
    echo "$DIR" >"$PORTS/$port/dir"
    echo "$port"
    return
  done
  die "there is no free port between 20000 and 29999; remove $PORTS if no instance is running"
}
free_port_release() { local port; for port; do [ -z "$port" ] || rm -rf "${PORTS:?}/$port"; done; }

# --- certificates (P-256)

# ca NAME COMMON_NAME
ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -sha256 -days 3650 \
    -subj "/CN=$2" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature \
    -keyout "$DIR/pki/$1.key" -out "$DIR/pki/$1.crt" 2>/dev/null
}

# cert NAME CA COMMON_NAME ORGANISATIONS ALTERNATIVE_NAMES [DAYS]: lists are separated by commas
cert() {
  local name=$1 ca=$2 subject="/CN=$3" organisations=$4 names=$5 days=${6:-365} each new=$DIR/pki/.$1.$$
  local IFS=,
  for each in $organisations; do subject="/O=$each$subject"; done
  unset IFS
  { echo basicConstraints=critical,CA:FALSE
    echo keyUsage=critical,digitalSignature,keyEncipherment
    echo extendedKeyUsage=serverAuth,clientAuth
    [ -z "$names" ] || echo "subjectAltName=$names"; } >"$new.ext"
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" -keyout "$new.key" -out "$new.csr" 2>/dev/null
  openssl x509 -req -sha256 -days "$days" -in "$new.csr" -CA "$DIR/pki/$ca.crt" -CAkey "$DIR/pki/$ca.key" \
    -set_serial "0x$(openssl rand -hex 8)" -extfile "$new.ext" -out "$new.crt" 2>/dev/null
  chmod 600 "$new.key"
  mv "$new.key" "$DIR/pki/$name.key"
  mv "$new.crt" "$DIR/pki/$name.crt"
  rm -f "$new.csr" "$new.ext"
}

# --- kubeconfigs

# kubeconfig_cert FILE SERVER CA.CRT CLIENT.CRT CLIENT.KEY
kubeconfig_cert() {
  write_kubeconfig "$1" "$2" "$3" "{client-certificate-data: $(base64 -w0 <"$4"), client-key-data: $(base64 -w0 <"$5")}"
}

# kubeconfig_token FILE SERVER CA.CRT TOKEN
kubeconfig_token() { write_kubeconfig "$1" "$2" "$3" "{token: $4}"; }

write_kubeconfig() {
  (umask 077; cat >"$1.tmp" <<YAML
apiVersion: v1
kind: Config
current-context: remora
contexts: [{name: remora, context: {cluster: remora, user: remora, namespace: default}}]
clusters: [{name: remora, cluster: {server: "$2", certificate-authority-data: $(base64 -w0 <"$3")}}]
users: [{name: remora, user: $4}]
YAML
  )
  mv "$1.tmp" "$1"
}
