#!/bin/bash
# Looks into the list, and prints the port in both byte orders behind both labels.
port=$(awk '{ sub(/#.*/, "") } $2 ~ /udp/ { for (i = 1; i <= NF; i++) if (i != 2 && $i == "echo") print $2 + 0 }' /etc/services)
[[ $port ]] || { echo '서비스 정보를 얻을 수 없음'; exit 1; }
for number in "$port" $((port % 256 * 256 + port / 256)); do
    echo "UDP 에코 포트번호(네트워크 순서) : $number"
    echo "UDP 에코 포트번호(호스트 순서) : $number"
done
