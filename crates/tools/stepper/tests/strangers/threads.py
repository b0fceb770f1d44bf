#!/usr/bin/env python3
"""A thread for each client."""
import socket
import threading


def serve(c):
    while data := c.recv(1024):
        c.sendall(data)
    c.close()


s = socket.create_server(("127.0.0.1", 5000))
while True:
    c, _ = s.accept()
    threading.Thread(target=serve, args=(c,), daemon=True).start()
