#!/bin/bash
# echo 클라이언트, bash 의 /dev/tcp 로
if [ $# -ne 1 ]; then
    echo "usage: $0 IP" >&2
    exit 1
fi
d='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
if ! [[ $1 =~ ^$d\.$d\.$d\.$d$ ]]; then
    echo "not an address: $1" >&2
    exit 1
fi
trap '' PIPE
if ! { exec 3<>"/dev/tcp/$1/7"; } 2>/dev/null; then
    echo "can't connect to $1" >&2
    exit 1
fi
t=$(mktemp -d) || exit 1
trap 'rm -rf "$t"' EXIT

printf '입력 : '
head -n 1 >"$t/line"
n=$(stat -c %s "$t/line")
if [ "$n" -eq 0 ]; then
    exec 3>&-
    exit 0
fi
cat "$t/line" >&3 || exit 1
head -c "$n" <&3 >"$t/answer"
if [ "$(stat -c %s "$t/answer")" -ne "$n" ]; then
    echo "server closed before the whole answer" >&2
    exit 1
fi
printf '수신 : '
cat "$t/answer"
exec 3>&-
exit 0
