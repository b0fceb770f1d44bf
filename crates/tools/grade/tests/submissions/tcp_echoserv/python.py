#!/usr/bin/env python3
"""Echo server: plain sockets, one client after the other."""
import socket
import sys

if len(sys.argv) != 2:
    sys.exit("usage: tcp_echoserv PORT")

listen_sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
try:
    listen_sock.bind(("", int(sys.argv[1])))
    listen_sock.listen(5)
except OSError as e:
    sys.exit(f"bind fail: {e}")

while True:
    try:
        accp_sock, cliaddr = listen_sock.accept()
    except OSError as e:
        print("accept fail:", e)
        continue
    print("연결 :", cliaddr)
    with accp_sock:
        try:
            while data := accp_sock.recv(1024):
                accp_sock.sendall(data)
        except OSError as e:
            print(cliaddr, e)
