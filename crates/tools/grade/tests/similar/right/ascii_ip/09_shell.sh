#!/bin/sh
# ascii_ip IP  (x86: 낮은 주소의 바이트가 낮은 자리)
bad() { echo "ascii_ip: $1: not a dotted decimal address" >&2; exit 1; }
[ $# -eq 1 ] || { echo "usage: ascii_ip IP" >&2; exit 2; }
ip=$1
case $ip in
  *[!0-9.]*|''|.*|*.|*..*) bad "$ip" ;;
esac
old=$IFS; IFS=.
set -- $ip
IFS=$old
[ $# -eq 4 ] || bad "$ip"
for o in "$@"; do
  case $o in 0|[1-9]|[1-9][0-9]|[1-9][0-9][0-9]) ;; *) bad "$ip" ;; esac
  [ "$o" -le 255 ] || bad "$ip"
done
n=$(( ($4 << 24) | ($3 << 16) | ($2 << 8) | $1 ))
printf 'inet_pton(%s) = 0x%X\n' "$ip" "$n"
printf 'inet_ntop(0x%X) = %d.%d.%d.%d\n' "$n" $((n & 255)) $((n >> 8 & 255)) $((n >> 16 & 255)) $((n >> 24 & 255))
