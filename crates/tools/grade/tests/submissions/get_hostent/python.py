#!/usr/bin/env python3
import socket
import sys


def numbered(label, values):
    return [f"{label.format(i)} : {value}" for i, value in enumerate(values, 1)]


def main(name):
    h_name, aliases, addresses = socket.gethostbyname_ex(name)
    lines = [
        f"호스트 이름 : {h_name}",
        f"호스트 주소타입 번호 : {socket.AF_INET.value}",
        f"호스트 주소의 길이 : {len(socket.inet_aton(addresses[0]))}",
    ]
    lines += numbered("IP주소({}번째)", addresses)
    lines += numbered("호스트 별명({} 번째)", aliases)
    sys.stdout.buffer.write("".join(line + "\n" for line in lines).encode())


if len(sys.argv) != 2:
    sys.exit("usage: get_hostent NAME")
try:
    main(sys.argv[1])
except OSError as e:
    sys.exit(f"gethostbyname fail: {e}")
