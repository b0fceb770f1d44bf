#!/usr/bin/env python3
"""ascii_ip: dotted decimal -> 4 bytes -> dotted decimal"""
import socket
import struct
import sys


def main(argv):
    if len(argv) != 2:
        print("usage: ascii_ip IP", file=sys.stderr)
        return 2
    try:
        packed = socket.inet_pton(socket.AF_INET, argv[1])
    except (OSError, ValueError) as e:
        print(f"{argv[1]}: {e}", file=sys.stderr)
        return 1
    (n,) = struct.unpack("=I", packed)
    print("* 입력한 dotted decimal IP 주소 : %s\n" % argv[1])
    print("inet_pton(%s) = 0x%X" % (argv[1], n))
    print("inet_ntop(0x%X) = %s" % (n, socket.inet_ntop(socket.AF_INET, packed)))
    return 0


sys.exit(main(sys.argv))
