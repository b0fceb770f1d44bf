#!/usr/bin/env python3
import os
import socket
import sys

try:
    passwd = os.open("/etc/passwd", os.O_RDONLY)
    stream = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    dgram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hosts = os.open("/etc/hosts", os.O_RDONLY)
except OSError as e:
    sys.exit(f"open_socket: {e}")

print("/etc/passwd's file descriptor =", passwd)
print("stream socket descriptor =", stream.fileno())
print("datagram socket descriptor =", dgram.fileno())
print("/etc/host's file descriptor =", hosts)
sys.stdout.flush()

os.close(passwd)
stream.close()
dgram.close()
os.close(hosts)
