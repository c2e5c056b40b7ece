#!/usr/bin/env bash
# Compiles every function for release. `make build` and `make bench` call it, so what is measured is what is deployed.
#
# Usage: [PUSH_COST=1] compile.sh TARGET COMMAND..
# COMMAND is `cargo`, or `cargo-lambda lambda`, which links for Amazon Linux. PUSH_COST=1 also compiles the program that
# `make bench` measures pushes with.
#
# Cargo gives a dependency all features that some package of one call asks for. So the functions that speak HTTP/2 are
# compiled by a call of their own. Otherwise every function would be linked with HTTP/2.
#
# The functions have fixed addresses, so no start corrects their pointers. A panic ends the process (docs/adr), so they
# need no tables for unwinding. TARGET is always named, so that these flags do not reach cargo's own tools. The processors are
# the oldest that Lambda has: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html. Texts name the standard
# library's files as a toolchain without its sources does, so that both build the same bytes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=$1
shift
case $target in
aarch64-*) processor=neoverse-n1 ;;
*) processor=haswell ;;
esac
sources="$(rustc --print sysroot)/lib/rustlib/src/rust"
commit="$(rustc -vV | sed -n 's/^commit-hash: //p')"
# Cargo would prefer it to RUSTFLAGS.
unset CARGO_ENCODED_RUSTFLAGS
export RUSTFLAGS="${RUSTFLAGS:+$RUSTFLAGS }-C relocation-model=static -C force-unwind-tables=no -C target-cpu=$processor --remap-path-prefix=$sources=/rustc/$commit"
speak_http2=() others=()
for manifest in functions/*/Cargo.toml; do
    package=$(basename "$(dirname "$manifest")")
    if grep -q '"http2"' "$manifest"; then speak_http2+=("$package"); else others+=("$package"); fi
done
echo "compiling ${#others[@]} functions without HTTP/2" >&2
"$@" build --release --bins --target "$target" "${others[@]/#/--package=}"
echo "compiling ${#speak_http2[@]} functions with HTTP/2" >&2
"$@" build --release --bins --target "$target" "${speak_http2[@]/#/--package=}"
for package in "${others[@]}"; do
    # cargo-lambda moves what it built.
    case $1 in
    *cargo-lambda) binary=${CARGO_TARGET_DIR:-target}/lambda/$package/bootstrap ;;
    *) binary=${CARGO_TARGET_DIR:-target}/$target/release/$package ;;
    esac
    [ -f "$binary" ] || { echo "$binary is missing" >&2; exit 1; }
    # A text of h2, for the reason ENHANCE_YOUR_CALM.
    if grep -qaF 'detected excessive load generating behavior' "$binary"; then
        echo "$package is linked with HTTP/2: some dependency of it asks for the feature" >&2
        exit 1
    fi
done
if [ -n "${PUSH_COST:-}" ]; then
    "$@" build --release --target "$target" --package curlew-tests --bin push-cost
fi
