#!/bin/sh
# echo/udp 포트를 /etc/services 에서 찾는다
port=$(awk '
    { sub(/#.*/, "") }
    $2 ~ /^[0-9]+\/udp$/ {
        for (i = 1; i <= NF; i++)
            if (i != 2 && $i == "echo") { split($2, p, "/"); print p[1]; exit }
    }' /etc/services)
if [ -z "$port" ]; then
    echo "서비스 정보를 얻을 수 없음"
    exit 1
fi
echo "UDP 에코 포트번호(네트워크 순서) : $(( (port & 255) * 256 + port / 256 ))"
echo "UDP 에코 포트번호(호스트 순서) : $port"
