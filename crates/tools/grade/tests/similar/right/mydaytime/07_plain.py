#!/usr/bin/env python3
import socket
import sys


def fetch(ip):
    socket.inet_pton(socket.AF_INET, ip)
    s = socket.socket()
    try:
        s.connect((ip, 13))
        while True:
            b = s.recv(2000)
            if not b:
                return
            yield b
    finally:
        s.close()


try:
    for piece in fetch(sys.argv[1]):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
except IndexError:
    sys.exit("usage: mydaytime IP")
except OSError as e:
    sys.exit(f"mydaytime: {e}")
