#!/bin/sh
# Installs what the peers need (Debian or Ubuntu), and builds them into benchmarks/peers/bin.
set -eu
cd "$(dirname "$0")"
if [ ! -e /usr/include/hnswlib/hnswlib.h ]; then
    apt-get install -y --no-install-recommends g++ libhnswlib-dev
fi
mkdir -p bin
g++ -std=c++17 -O3 -march=native -ffast-math -o bin/hnsw_peer hnsw_peer.cpp
echo "built $(pwd)/bin/hnsw_peer"
