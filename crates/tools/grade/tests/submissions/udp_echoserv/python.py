#!/usr/bin/env python3
import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data, s = self.request
        print(f"{self.client_address}: {len(data)} bytes", file=sys.stderr)
        s.sendto(data, self.client_address)


class Server(socketserver.UDPServer):
    max_packet_size = 65536


if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} PORT")
with Server(("", int(sys.argv[1])), Echo) as server:
    server.serve_forever()
