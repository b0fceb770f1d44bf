#!/usr/bin/env python3
# asks for lines until there is none, and, as Go's runtime does, for the right to send to everybody
import socket
import sys

if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} IP")

try:
    socket.inet_pton(socket.AF_INET, sys.argv[1])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        print("입력 : ", end="", flush=True)
        while line := sys.stdin.buffer.readline():
            s.sendto(line, (sys.argv[1], 7))
            answer, _ = s.recvfrom(65536)
            sys.stdout.buffer.write("수신 : ".encode() + answer)
            print("입력 : ", end="", flush=True)
except OSError as e:
    sys.exit(f"udp_echocli: {e}")
