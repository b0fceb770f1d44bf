#!/usr/bin/env python3
import socket
import sys

if len(sys.argv) != 2:
    sys.exit("usage: get_hostent NAME")
try:
    name, aliases, addrs = socket.gethostbyname_ex(sys.argv[1])
except (OSError, UnicodeError) as e:
    sys.exit(f"{sys.argv[1]}: {e}")
print("호스트 이름 :", name)
print("호스트 주소타입 번호 :", int(socket.AF_INET))
print("호스트 주소의 길이 :", len(socket.inet_aton(addrs[0])))
for i, a in enumerate(addrs, 1):
    print(f"IP주소({i}번째) : {a}")
for i, a in enumerate(aliases, 1):
    print(f"호스트 별명({i} 번째) : {a}")
