"""Carries connections from a socket of the machine's loopback to the API server inside."""

from __future__ import annotations

import asyncio
import socket
import sys

from local.cluster.layout import API_ADDRESS, API_PORT

_CHUNK = 1 << 16


def main() -> None:
    """Argument: descriptor of a listening socket, opened before the network was left."""
    asyncio.run(_serve(int(sys.argv[2])))


async def _serve(descriptor: int) -> None:
    listening = socket.socket(fileno=descriptor)
    server = await asyncio.start_server(_carry, sock=listening)
    await server.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(API_ADDRESS, API_PORT)
    except OSError:
        # The API server is starting: clients see a closed connection and try again.
        writer.close()
        return
    await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


if __name__ == "__main__":
    main()
