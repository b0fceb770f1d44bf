#!/usr/bin/env python3
"""TCP echo client."""
import ipaddress
import socket
import sys

PORT = 7


def main():
    if len(sys.argv) != 2:
        print("usage: tcp_echocli IP", file=sys.stderr)
        return 1
    try:
        ip = ipaddress.IPv4Address(sys.argv[1])
    except ValueError as e:
        print("address:", e)
        return 1
    try:
        sock = socket.create_connection((str(ip), PORT))
    except OSError as e:
        print("connect:", e)
        return 1
    out = sys.stdout.buffer
    out.write("입력 : ".encode())
    out.flush()
    line = sys.stdin.buffer.readline()
    if not line:
        sock.close()
        return 0
    data = b""
    try:
        sock.sendall(line)
        while len(data) < len(line):
            piece = sock.recv(len(line) - len(data))
            if not piece:
                print("the server closed early")
                return 1
            data += piece
    except OSError as e:
        print("socket:", e)
        return 1
    out.write("수신 : ".encode() + data)
    out.flush()
    sock.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
