#!/bin/bash
# getent(1) asks what gethostbyaddr(3) asks. It takes names, too, and 1.2.3 for 1.2.0.3.
octet='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
if [[ ! ${1-} =~ ^($octet\.){3}$octet$ ]]; then
    echo "usage: $0 IP" >&2
    exit 2
fi
if ! found=$(getent hosts "$1"); then
    echo "$1: 이름이 없습니다." >&2
    exit 1
fi
read -r _ name _ <<<"$found"
echo "호스트 이름 : $name"
