#!/bin/bash
# nc is the client.
octet='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
[[ ${1-} =~ ^($octet\.){3}$octet$ ]] || { echo "usage: $0 IP" >&2; exit 2; }
nc -d "$1" 13 || { echo "$1: nothing came" >&2; exit 1; }
