#!/bin/bash
# bash opens a socket for /dev/tcp/IP/PORT; cat reads it to its end and says whether it came to it.
octet='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
[[ ${1-} =~ ^($octet\.){3}$octet$ ]] || { echo "usage: $0 IP" >&2; exit 2; }

exec 3<"/dev/tcp/$1/13" || exit
cat <&3 || exit
exec 3<&-
