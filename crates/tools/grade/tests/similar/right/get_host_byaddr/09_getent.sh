#!/bin/bash
# get_host_byaddr IP
die() { echo "get_host_byaddr: $*" >&2; exit 1; }
(( $# == 1 )) || die "usage: get_host_byaddr IP"
o='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
[[ $1 =~ ^$o\.$o\.$o\.$o$ ]] || die "$1: 주소가 아님"
entry=$(getent hosts "$1") || die "$1: 이름이 없음"
read -r _ name _ <<< "$entry"
printf '호스트 이름 : %s\n' "$name"
