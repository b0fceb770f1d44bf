#!/usr/bin/env python3
import socket
import sys

DAYTIME = 13


def main(ip):
    socket.inet_pton(socket.AF_INET, ip)
    with socket.create_connection((ip, DAYTIME)) as s:
        while data := s.recv(4096):
            sys.stdout.buffer.write(data)


if len(sys.argv) != 2:
    sys.exit("usage: mydaytime IP")
try:
    main(sys.argv[1])
except OSError as e:
    sys.exit(f"mydaytime: {e}")
