#!/usr/bin/env python3
import socket
import sys

try:
    port = socket.getservbyname("echo", "udp")
except OSError:
    print("서비스 정보를 얻을 수 없음")
    sys.exit(1)
print("UDP 에코 포트번호(네트워크 순서) :", socket.htons(port))
print("UDP 에코 포트번호(호스트 순서) :", port)
