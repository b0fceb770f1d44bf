#!/usr/bin/env python3
import os
import socket
import sys


def die(msg):
    os.write(2, (msg + "\n").encode())
    raise SystemExit(1)


class EchoClient:
    def __init__(self, host, port=7):
        try:
            socket.inet_pton(socket.AF_INET, host)
        except OSError:
            die(f"{host!r} is no IPv4 address")
        self.peer = (host, port)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def ask(self, line: bytes) -> bytes:
        self.sock.sendto(line, self.peer)
        answer, _ = self.sock.recvfrom(65535)
        return answer


if len(sys.argv) < 2:
    die("usage: udp_echocli IP")
try:
    with EchoClient(sys.argv[1]) as client:
        print("입력 : ", end="", flush=True)
        line = sys.stdin.buffer.readline(4096)
        if line:
            answer = client.ask(line)
            print("수신 : ", end="", flush=True)
            sys.stdout.buffer.write(answer)
            sys.stdout.buffer.flush()
except OSError as e:
    die(str(e))
