#!/usr/bin/env bash
# Reads /etc/hosts itself (hosts(5)): getent(1) would give IPv6 addresses before the IPv4 ones of gethostbyname(3).
set -euo pipefail

if (($# != 1)); then
    echo "usage: $0 NAME" >&2
    exit 2
fi
found=$(awk -v name="$1" '
    { sub(/#.*/, "") }
    $1 ~ /:/ { next }
    { for (i = 2; i <= NF; i++) if ($i == name) { print; next } }
' /etc/hosts)
[[ $found ]] || { echo "$1: unknown host" >&2; exit 1; }

read -r _ name _ <<<"$found"
mapfile -t addresses < <(awk '{ print $1 }' <<<"$found")
mapfile -t aliases < <(awk '{ for (i = 3; i <= NF; i++) print $i }' <<<"$found")

echo "호스트 이름 : $name"
echo "호스트 주소타입 번호 : 2"
echo "호스트 주소의 길이 : 4"
for i in "${!addresses[@]}"; do
    echo "IP주소($((i + 1))번째) : ${addresses[i]}"
done
for i in "${!aliases[@]}"; do
    echo "호스트 별명($((i + 1)) 번째) : ${aliases[i]}"
done
