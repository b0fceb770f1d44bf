#!/bin/bash
# daytime with bash's /dev/tcp
octet='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
if [[ $# -ne 1 || ! $1 =~ ^$octet\.$octet\.$octet\.$octet$ ]]; then
    echo "usage: mydaytime IP" >&2
    exit 2
fi
if ! exec 3<>"/dev/tcp/$1/13"; then
    echo "can't connect to $1" >&2
    exit 1
fi
cat <&3 || exit 1
exec 3<&-
exit 0
