#!/usr/bin/env python3
# 파이썬의 connect 는 AF_UNSPEC 을 모르므로 libc 를 직접 부른다
import ctypes
import os
import socket
import sys

libc = ctypes.CDLL(None, use_errno=True)


def disconnect(sock):
    unspec = (ctypes.c_char * 16)()          # sa_family = AF_UNSPEC = 0
    if libc.connect(sock.fileno(), unspec, 16) < 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))


def main(argv):
    if len(argv) != 2:
        print("usage: connected_udp IP")
        return 1
    try:
        socket.inet_aton(argv[1]) if argv[1].count(".") == 3 else socket.inet_pton(socket.AF_INET, argv[1])
    except OSError:
        print("not an address:", argv[1])
        return 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect((argv[1], 7))
        sys.stdout.write("입력 : ")
        sys.stdout.flush()
        line = sys.stdin.buffer.readline()
        if line:
            s.send(line)
            answer = s.recv(4096)
            sys.stdout.write("수신 : ")
            sys.stdout.flush()
            sys.stdout.buffer.write(answer)
            sys.stdout.flush()
        disconnect(s)
    return 0


try:
    sys.exit(main(sys.argv))
except OSError as e:
    print(e)
    sys.exit(1)
