#!/bin/sh
# Rendered by fleet render from templates/module/files/install-environment.sh.j2: edit that, not this file.
#
# usage: install-environment FOLDER DIGEST
# Builds FOLDER/.venv for the checkout FOLDER; writes DIGEST to FOLDER/.venv/.complete last, so that an
# install that failed or was killed is done again. Reads from the environment:
#   METHOD      lock (uv.lock, exact), project (pyproject.toml) or requirements (requirements.txt)
#   INSTALLER   uv or pip
#   UV_VERSION  the uv that installs, itself installed into $HOME once
#   PYTHON      version of Python, such as 3.11
#   LOCK_SHA256 what uv.lock must be, where METHOD is lock
#   EXTRAS      extras of the project, in words; unset for none
#   UV_DEFAULT_INDEX  the package index that all comes from; unset for the addresses that a lock names
set -eu
umask 022
folder=$1 digest=$2
stamp=$folder/.venv/.complete
cd "$folder"
rm -f "$stamp"
requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT

# A corporate CA is in the system's store, not in the one that uv carries.
export UV_NATIVE_TLS=true UV_PYTHON="$PYTHON" UV_NO_PROGRESS=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export UV_CACHE_DIR="$HOME/uv-cache" UV_PYTHON_INSTALL_DIR="$HOME/python"

# uv takes a file of its cache by its name, and after a power cut in the middle of an install there may be nothing in it.
begun=$HOME/installing
read -r boot </proc/sys/kernel/random/boot_id
if [ -s "$begun" ] && ! grep -qxF "$boot" "$begun"; then
  rm -rf "$UV_CACHE_DIR"
fi
echo "$boot" >"$begun"
sync "$begun"

# pip takes nothing from an index without TLS, unless that was meant.
plain=
for index in ${PIP_INDEX_URL-} ${PIP_EXTRA_INDEX_URL-}; do
  case $index in
  http://*)
    host=${index#http://} host=${host%%/*}
    plain="$plain ${host##*@}"
    ;;
  esac
done
export PIP_TRUSTED_HOST="$plain"

interpreter=$(command -v "python$PYTHON" || command -v python3)

use_uv() {
  tool=$HOME/uv-$UV_VERSION
  if ! "$tool/bin/uv" --version >/dev/null 2>&1; then
    rm -rf "$tool"
    python3 -m venv "$tool"
    "$tool/bin/pip" install --quiet "uv==$UV_VERSION"
  fi
  uv=$tool/bin/uv
}

# The words of EXTRAS, comma-separated in brackets, as pip wants them.
project() {
  if [ -n "${EXTRAS-}" ]; then
    echo ".[$(echo "$EXTRAS" | tr ' ' ',')]"
  else
    echo .
  fi
}

# A lock names the addresses of its packages. Told of another index, `uv sync` takes torch from there by its version
# alone; so what the lock has is installed by its digests, wherever it comes from.
install_lock_from_index() {
  "$uv" export --quiet --frozen --no-dev --no-emit-project --no-header "$@" >"$requirements"
  # with digests, it does not matter which of several indexes has a package
  "$uv" pip install --quiet --no-config --python .venv/bin/python --index-strategy unsafe-best-match \
    --require-hashes --no-deps --requirement "$requirements"
  if grep -q '^\[build-system\]' pyproject.toml; then
    "$uv" pip install --quiet --no-config --python .venv/bin/python --no-deps .
  fi
}

if [ "$INSTALLER" = uv ]; then
  use_uv
fi

case $METHOD-$INSTALLER in
lock-uv)
  echo "$LOCK_SHA256  uv.lock" | sha256sum --check --status || {
    echo "$folder/uv.lock is not the lock that its pin names (lock_sha256 $LOCK_SHA256): correct the pin" >&2
    exit 1
  }
  set --
  for extra in ${EXTRAS-}; do
    set -- "$@" --extra "$extra"
  done
  "$uv" venv --quiet --clear .venv
  if [ -n "${UV_DEFAULT_INDEX-}" ]; then
    install_lock_from_index "$@"
  else
    "$uv" sync --quiet --frozen --no-dev "$@"
  fi
  ;;
project-uv)
  "$uv" venv --quiet --clear .venv
  "$uv" pip install --quiet --python .venv/bin/python "$(project)"
  ;;
requirements-uv)
  "$uv" venv --quiet --clear .venv
  "$uv" pip install --quiet --python .venv/bin/python --requirement requirements.txt
  ;;
project-pip | requirements-pip)
  "$interpreter" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != sys.argv[1])' "$PYTHON" || {
    echo "$interpreter is not Python $PYTHON, which the release needs: install it, or set installer to uv" >&2
    exit 1
  }
  "$interpreter" -m venv --clear .venv
  if [ "$METHOD" = project ]; then
    .venv/bin/pip install --quiet "$(project)"
  else
    .venv/bin/pip install --quiet --requirement requirements.txt
  fi
  ;;
*)
  echo "install-environment: $INSTALLER cannot install by the method $METHOD" >&2
  exit 2
  ;;
esac

.venv/bin/python -I "${0%/*}/compile-bytecode" .venv ../*/.venv

# uv leaves a lock that all may write, and a package can bring the like
find .venv ! -type l -perm /022 -exec chmod go-w {} +
# what builds leave in the checkout
git -c core.excludesFile=/etc/speech_recognition/gitignore clean --quiet -ffd
# After a power cut, no stamp may speak of files that never came to the disk, nor a later release link such ones.
sync -f .venv "$HOME"
rm -f "$begun"
echo "$digest" >"$stamp.new"
sync "$stamp.new"
mv "$stamp.new" "$stamp"
