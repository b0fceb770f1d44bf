#!/usr/bin/env python3
import socket
import struct
import sys

ip, = sys.argv[1:]
print(f"* 입력한 dotted decimal IP 주소 : {ip}\n")
packed = socket.inet_pton(socket.AF_INET, ip)
number, = struct.unpack("=I", packed)
print(f"inet_pton({ip}) = 0x{number:X}")
print(f"inet_ntop(0x{number:X}) = {socket.inet_ntop(socket.AF_INET, packed)}")
