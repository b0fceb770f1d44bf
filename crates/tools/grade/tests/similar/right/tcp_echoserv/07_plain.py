#!/usr/bin/env python3
import socket
import sys
import time


def main():
    if len(sys.argv) != 2 or not (sys.argv[1].isascii() and sys.argv[1].isdigit()):
        print("usage: tcp_echoserv PORT")
        return 1
    port = int(sys.argv[1])
    if not 0 < port < 65536:
        print("no port number:", port)
        return 1
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        s.bind(("", port))
        s.listen(5)
    except OSError as e:
        print("cannot listen:", e)
        return 1
    while True:
        try:
            c, _ = s.accept()
        except OSError as e:
            print("accept:", e, file=sys.stderr)
            time.sleep(0.02)
            continue
        with c:
            try:
                while data := c.recv(8192):
                    c.sendall(data)
            except OSError as e:
                print("client:", e, file=sys.stderr)


sys.exit(main())
