#!/usr/bin/env python3
import socket
import sys

SERVER = ("127.0.0.1", 7)

try:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as t, \
         socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        t.connect(SERVER)
        print("스트림 소켓 포트번호 =", t.getsockname()[1])
        u.sendto(b"anybody there?", SERVER)
        print("데이터그램 소켓 포트번호 =", u.getsockname()[1])
except OSError as e:
    print("실패:", e)
    sys.exit(1)
