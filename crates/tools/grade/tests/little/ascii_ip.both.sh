#!/bin/bash
# Looks whether it is an address, gives back what it was given, and prints the four bytes in both orders.
octet='(0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])'
[[ ${1-} =~ ^($octet\.){3}$octet$ ]] || exit 1
echo "* 입력한 dotted decimal IP 주소 : $1"
IFS=. read -r a b c d <<<"$1"
for bytes in "$a $b $c $d" "$d $c $b $a"; do
    number=$(printf '%02X%02X%02X%02X' $bytes)
    echo "inet_pton($1) = 0x$number"
    echo "inet_ntop(0x$number) = $1"
done
