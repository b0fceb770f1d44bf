#!/usr/bin/env bash
# getent(1) asks what gethostbyname(3) asks: a line for each address, with the name and the aliases.
set -euo pipefail

if (($# != 1)); then
    echo "usage: $0 NAME" >&2
    exit 2
fi
found=$(getent hosts "$1") || { echo "$1: unknown host" >&2; exit 1; }

mapfile -t addresses <<<"$(cut -d' ' -f1 <<<"$found")"
read -r _ name others <<<"$found"
read -ra aliases <<<"$others"

echo "호스트 이름 : $name"
echo "호스트 주소타입 번호 : 2"
echo "호스트 주소의 길이 : 4"
for i in "${!addresses[@]}"; do
    echo "IP주소($((i + 1))번째) : ${addresses[i]}"
done
for i in "${!aliases[@]}"; do
    echo "호스트 별명($((i + 1)) 번째) : ${aliases[i]}"
done
