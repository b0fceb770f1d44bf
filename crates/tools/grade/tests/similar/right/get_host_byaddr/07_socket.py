#!/usr/bin/env python3
import socket
import sys


def main():
    if len(sys.argv) != 2:
        print("usage: get_host_byaddr IP", file=sys.stderr)
        return 1
    ip = sys.argv[1]
    try:
        packed = socket.inet_pton(socket.AF_INET, ip)
    except OSError:
        print("inet_pton: 잘못된 주소", ip, file=sys.stderr)
        return 1
    try:
        name, _, _ = socket.gethostbyaddr(socket.inet_ntop(socket.AF_INET, packed))
    except OSError as e:
        print("gethostbyaddr:", e, file=sys.stderr)
        return 1
    print("호스트 이름 :", name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
