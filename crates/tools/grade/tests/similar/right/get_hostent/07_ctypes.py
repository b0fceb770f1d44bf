#!/usr/bin/env python3
# get_hostent - libc 의 gethostbyname 을 그대로 부른다
import ctypes
import os
import sys


class Hostent(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p),
        ("aliases", ctypes.POINTER(ctypes.c_char_p)),
        ("addrtype", ctypes.c_int),
        ("length", ctypes.c_int),
        ("addrs", ctypes.POINTER(ctypes.c_void_p)),
    ]


libc = ctypes.CDLL(None)
libc.gethostbyname.restype = ctypes.POINTER(Hostent)
libc.gethostbyname.argtypes = [ctypes.c_char_p]


def until_null(p):
    i = 0
    while p[i]:
        yield i + 1, p[i]
        i += 1


def main():
    if len(sys.argv) < 2:
        print("get_hostent: no name", file=sys.stderr)
        return 1
    hp = libc.gethostbyname(os.fsencode(sys.argv[1]))
    if not hp:
        print("get_hostent: no such host:", sys.argv[1], file=sys.stderr)
        return 1
    h = hp.contents
    out = [f"호스트 이름 : {os.fsdecode(h.name)}",
           f"호스트 주소타입 번호 : {h.addrtype}",
           f"호스트 주소의 길이 : {h.length}"]
    for i, a in until_null(h.addrs):
        out.append(f"IP주소({i}번째) : " + ".".join(map(str, ctypes.string_at(a, h.length))))
    for i, a in until_null(h.aliases):
        out.append(f"호스트 별명({i} 번째) : {os.fsdecode(a)}")
    print("\n".join(out))
    return 0


sys.exit(main())
