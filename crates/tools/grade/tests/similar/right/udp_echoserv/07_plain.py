#!/usr/bin/env python3
import re
import socket
import sys

if len(sys.argv) != 2 or not re.fullmatch(r"[0-9]{1,5}", sys.argv[1]) or not 1 <= int(sys.argv[1]) <= 65535:
    sys.exit("usage: udp_echoserv PORT")

sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    sock.bind(("0.0.0.0", int(sys.argv[1])))
except OSError as e:
    sys.exit(f"bind: {e}")

buf = bytearray(65536)
view = memoryview(buf)
while True:
    try:
        n, who = sock.recvfrom_into(buf)
        sock.sendto(view[:n], who)
    except OSError as e:
        print(e, file=sys.stderr)
