#!/usr/bin/env python3
import socket
import sys

if len(sys.argv) != 2:
    print("사용법 : tcp_echocli IP")
    sys.exit(1)

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    try:
        s.connect((socket.inet_ntoa(socket.inet_pton(socket.AF_INET, sys.argv[1])), 7))
    except OSError as e:
        print("connect fail :", e)
        sys.exit(1)

    print("입력 : ", end="", flush=True)
    line = sys.stdin.buffer.readline()
    s.sendall(line)

    answer = b""
    while len(answer) < len(line):
        data = s.recv(1024)
        if not data:
            print("서버가 연결을 닫음 :", len(answer), "바이트만 받음")
            sys.exit(1)
        answer += data

if line:
    print("수신 : ", end="", flush=True)
    sys.stdout.buffer.write(answer)
