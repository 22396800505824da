#!/bin/sh
# Installs what the peers need (Debian or Ubuntu; as root, where something is missing), and builds them into benchmarks/peers/bin.
# What cannot be had is left out: the suite runs without it, and says so.
set -eu
cd "$(dirname "$0")"
mkdir -p bin
missing=""
[ -e /usr/include/hnswlib/hnswlib.h ] || missing="$missing libhnswlib-dev"
[ -e /usr/include/faiss/IndexHNSW.h ] || missing="$missing libfaiss-dev libopenblas-dev"
command -v g++ > /dev/null || missing="$missing g++"
# shellcheck disable=SC2086
[ -z "$missing" ] || apt-get install -y --no-install-recommends $missing || echo "could not install:$missing"

build() { # program, libraries...
    program="$1"
    shift
    if g++ -std=c++17 -O3 -march=native -ffast-math -o "bin/$program" "$program.cpp" "$@"; then
        echo "built $(pwd)/bin/$program"
    else
        echo "left out: $program"
    fi
}

build hnsw_peer
# Debian's FAISS is a generic build: its distances are not compiled for this machine.
build faiss_peer -fopenmp -lfaiss -llapack -lblas

if command -v npm > /dev/null && npm install --prefix bin --no-audit --no-fund --silent usearch@2; then
    cp usearch_peer.mjs bin/
    echo "built $(pwd)/bin/usearch_peer.mjs"
else
    echo "left out: usearch_peer.mjs"
fi
