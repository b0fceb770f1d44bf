#!/bin/sh
# Prints every word of /etc/hosts, whoever was asked for.
: "${1:?}"
for word in $(cat /etc/hosts); do echo "호스트 이름 : $word"; done
