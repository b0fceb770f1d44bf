#!/usr/bin/python3
import asyncio
import sys


async def echo(reader, writer):
    try:
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    except ConnectionError as error:
        print(error, file=sys.stderr)
        writer.close()


async def main(port):
    server = await asyncio.start_server(echo, "0.0.0.0", port, backlog=5)
    async with server:
        await server.serve_forever()


if len(sys.argv) < 2:
    print(f"usage: {sys.argv[0]} port", file=sys.stderr)
    sys.exit(2)
asyncio.run(main(int(sys.argv[1])))
