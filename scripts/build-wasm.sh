#!/usr/bin/env bash
# Builds bgpkit-parser-wasm/pkg from its sources and lock file, byte for byte the same on every machine with this toolchain.
#
#   scripts/build-wasm.sh            rebuild pkg/ and its record, BUILD.json
#   scripts/build-wasm.sh --check    are the recorded hashes those of the sources and of pkg? Needs no Rust, takes no time
#   scripts/build-wasm.sh --verify   rebuild from nothing in a temporary folder and compare with pkg/, byte for byte
#
# The target's standard library is compiled from source, because Debian has no package of it for wasm32. Missing tools are
# installed: Debian packages when run by root, wasm-bindgen (exactly the locked version) into the user's cache folder.
set -euo pipefail
export LC_ALL=C

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
crate=$root/bgpkit-parser-wasm
pkg=$crate/pkg
name=bgpkit_parser_wasm
cache=${XDG_CACHE_HOME:-$HOME/.cache}/unroutable-wasm
rustc=/usr/bin/rustc
cargo=/usr/bin/cargo
std_source=/usr/lib/rustlib/src

fail() {
  echo "build-wasm: $*" >&2
  exit 1
}

locked_version() { # CRATE
  sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p;}" "$crate/Cargo.lock"
}

# "file": "sha256" lines of the files named on stdin, relative to the folder $1.
hashes() {
  (cd "$1" && sort | xargs sha256sum) | sed 's/^\([0-9a-f]*\)  \(.*\)$/    "\2": "\1"/;$!s/$/,/'
}

record() { # PKG-FOLDER TOOLCHAIN-LINES
  cat <<JSON
{
  "sources": {
$(cd "$root" && find scripts/build-wasm.sh bgpkit-parser-wasm/Cargo.toml bgpkit-parser-wasm/Cargo.lock bgpkit-parser-wasm/src -type f | hashes "$root")
  },
  "toolchain": {
$2
  },
  "outputs": {
$(cd "$1" && find . -type f ! -name BUILD.json -printf '%P\n' | hashes "$1")
  }
}
JSON
}

recorded_toolchain() {
  sed -n '/^  "toolchain": {$/,/^  },$/{/^    /p;}' "$pkg/BUILD.json"
}

toolchain() {
  cat <<JSON
    "rustc": "$($rustc --version)",
    "linker": "$("$linker" --version)",
    "wasm-bindgen": "$($wasm_bindgen --version)"
JSON
}

check() {
  [ -f "$pkg/BUILD.json" ] || fail "no $pkg/BUILD.json: run scripts/build-wasm.sh"
  diff -u --label recorded --label standing "$pkg/BUILD.json" <(record "$pkg" "$(recorded_toolchain)") >&2 ||
    fail "bgpkit-parser-wasm/pkg is not what these sources build: run scripts/build-wasm.sh and commit pkg/"
  echo "build-wasm: pkg/ is of these sources"
}

has_rust() {
  [ -x $rustc ] && [ -x $cargo ] && [ -d $std_source ] && find_linker
}

find_linker() {
  linker=$(command -v wasm-ld-14 || command -v wasm-ld || command -v wasm-ld-19 || true)
  [ -n "$linker" ]
}

need_rust() {
  has_rust && return
  local packages=(rustc-web cargo-web rust-web-src lld)
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null ||
    fail "needs Rust with its library's source and wasm-ld; on Debian, as root: apt-get install ${packages[*]}"
  apt-get update -q && apt-get install -q -y --no-install-recommends "${packages[@]}"
  has_rust || fail "installed ${packages[*]}, yet $rustc, $cargo, $std_source or wasm-ld is missing"
}

need_wasm_bindgen() {
  local version
  version=$(locked_version wasm-bindgen)
  for wasm_bindgen in "$(command -v wasm-bindgen || true)" "$cache/wasm-bindgen-$version/bin/wasm-bindgen"; do
    [ -x "$wasm_bindgen" ] && [ "$("$wasm_bindgen" --version)" = "wasm-bindgen $version" ] && return
  done
  # Its own lock file names a crate version that was withdrawn, so it is built without; only its version shows in the output.
  RUSTC=$rustc $cargo install wasm-bindgen-cli --version "=$version" --root "$cache/wasm-bindgen-$version" ||
    fail "could not install wasm-bindgen-cli $version (needs a network and a C compiler)"
}

# Compiles into the folder $1, with Cargo's own files in $2.
build() {
  local out=$1 target=$2
  local cargo_home=${CARGO_HOME:-$HOME/.cargo}
  local flags=(
    -C target-feature=+simd128,+bulk-memory
    -C "linker=$linker"
    "--remap-path-prefix=$cargo_home=/cargo"
    "--remap-path-prefix=$target=/target"
    "--remap-path-prefix=$crate=/bgpkit-parser-wasm"
    "--remap-path-prefix=$std_source=/rust"
  )
  # RUSTC_BOOTSTRAP: building the standard library is not a stable feature yet.
  (cd "$crate" && env -u RUSTFLAGS CARGO_ENCODED_RUSTFLAGS="$(IFS=$'\x1f' && echo "${flags[*]}")" CARGO_TARGET_DIR="$target" \
    RUSTC_BOOTSTRAP=1 RUSTC=$rustc $cargo build --lib --release --locked --target wasm32-unknown-unknown -Z build-std=std,panic_abort)
  mkdir -p "$out"
  $wasm_bindgen --target experimental-nodejs-module --remove-name-section --remove-producers-section \
    --out-dir "$out" "$target/wasm32-unknown-unknown/release/$name.wasm"
  licenses >"$out/LICENSES.txt"
}

# The licences of what was compiled in, with a text of each: MIT's where it is offered.
licenses() {
  local crates package license text
  crates=$(cd "$crate" && RUSTC=$rustc $cargo tree --locked --target wasm32-unknown-unknown -e normal,no-proc-macro \
    --prefix none -f '{p}|{l}' | grep -v ' (/' | sed 's/ (\*)$//' | sort -u)
  echo "$name holds code of these crates, and of Rust's standard library (MIT OR Apache-2.0):"
  echo
  sed 's/|/: /' <<<"$crates"
  while IFS='|' read -r package license; do
    for text in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"${package/ v/-}"/{LICENSE-MIT*,LICENSE,LICENSE.*,COPYING}; do
      [ -f "$text" ] || continue
      printf '\n---- %s (%s)\n\n%s\n' "$package" "$license" "$(tr -d '\r' <"$text")"
      break
    done
  done <<<"$crates"
}

case ${1-} in
  '')
    need_rust && need_wasm_bindgen
    fresh=$cache/pkg
    rm -rf "$fresh"
    build "$fresh" "$cache/target"
    record "$fresh" "$(toolchain)" >"$fresh/BUILD.json"
    rm -rf "$pkg"
    cp -r "$fresh" "$pkg"
    ls -l "$pkg"
    ;;
  --check) check ;;
  --verify)
    check
    need_rust && need_wasm_bindgen
    diff -u --label recorded --label here <(recorded_toolchain) <(toolchain) >&2 ||
      echo "build-wasm: the toolchain here is another one, so the bytes may differ" >&2
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    build "$work/pkg" "$work/target"
    cp "$pkg/BUILD.json" "$work/pkg/"
    diff -r "$pkg" "$work/pkg" || fail "the rebuilt package differs from pkg/"
    echo "build-wasm: rebuilt, the same bytes"
    ;;
  *) fail "usage: scripts/build-wasm.sh [--check|--verify]" ;;
esac
