#!/usr/bin/env python3
"""connected_udp; Python's connect knows no AF_UNSPEC, so that the C library's is called for it."""
import ctypes
import os
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)


def disconnect(s):
    nobody = struct.pack("=H14x", socket.AF_UNSPEC)
    if libc.connect(s.fileno(), nobody, len(nobody)) < 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def main():
    _, ip = sys.argv
    socket.inet_pton(socket.AF_INET, ip)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect((ip, 7))
    print("입력 : ", end="", flush=True)
    s.send(sys.stdin.buffer.readline())
    answer = s.recv(65536)
    sys.stdout.buffer.write(b"%s%s" % ("수신 : ".encode(), answer))
    disconnect(s)
    s.close()


main()
