#!/bin/bash
# bash opens TCP connections by itself; head takes as many bytes as were sent
[ $# -eq 1 ] || { echo "usage: $0 IP" >&2; exit 2; }
[[ $1 =~ ^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$ ]] || { echo "$1: not an address" >&2; exit 1; }
LC_ALL=C
trap '' PIPE

exec 3<>"/dev/tcp/$1/7" || exit 1
printf '입력 : '
if IFS= read -r line; then
    line+=$'\n'
elif [ -z "$line" ]; then
    exec 3>&-
    exit 0
fi
printf '%s' "$line" >&3 || exit 1

answer=$(mktemp) || exit 1
trap 'rm -f "$answer"' EXIT
head -c "${#line}" <&3 >"$answer"
exec 3>&-
if [ "$(wc -c <"$answer")" -lt "${#line}" ]; then
    echo "서버가 연결을 먼저 닫았습니다." >&2
    exit 1
fi
printf '수신 : '
cat "$answer"
