#!/usr/bin/env python3
from socket import AF_INET, SOCK_DGRAM, SOCK_STREAM, socket
import sys

SERVER = ("127.0.0.1", 7)


def say(what, s):
    _, port = s.getsockname()
    sys.stdout.buffer.write(f"{what} 포트번호 = {port}\n".encode())


with socket(AF_INET, SOCK_STREAM) as stream, socket(AF_INET, SOCK_DGRAM) as dgram:
    stream.connect(SERVER)
    say("스트림 소켓", stream)
    dgram.sendto(b"", SERVER)
    say("데이터그램 소켓", dgram)
