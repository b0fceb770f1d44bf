#!/usr/bin/env python3
import os
import socket
from contextlib import ExitStack

with ExitStack() as stack:
    def opened(label, what, number):
        stack.callback(what.close)
        print(f"{label} = {number}")

    passwd = open("/etc/passwd", "rb", buffering=0)
    opened("/etc/passwd's file descriptor", passwd, passwd.fileno())
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened("stream socket descriptor", stream, stream.fileno())
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened("datagram socket descriptor", datagram, datagram.fileno())
    hosts = os.fdopen(os.open("/etc/hosts", os.O_RDONLY), "rb", buffering=0)
    opened("/etc/host's file descriptor", hosts, hosts.fileno())
