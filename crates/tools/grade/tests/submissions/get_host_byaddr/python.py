#!/usr/bin/env python3
"""Prints the name of the host that has an address."""
import ipaddress
import socket
import sys

try:
    (ip,) = sys.argv[1:]
    name, _aliases, _addresses = socket.gethostbyaddr(str(ipaddress.IPv4Address(ip)))
except ValueError as e:
    sys.exit(f"get_host_byaddr IP: {e}")
except OSError as e:
    sys.exit(f"Error at gethostbyaddr(): {e}")
sys.stdout.buffer.write(f"호스트 이름 : {name}\n".encode())
