#!/bin/bash
# getent asks the same list: "echo  7/udp"
entry=$(getent services echo/udp) || { echo "서비스 정보를 얻을 수 없음" >&2; exit 1; }
read -r _ port _ <<<"$entry"
host=${port%/*}
network=$(((host & 0xFF) << 8 | host >> 8))
echo "UDP 에코 포트번호(네트워크 순서) : $network"
echo "UDP 에코 포트번호(호스트 순서) : $host"
