"""Carries connections from sockets of the machine's loopback to ports of the instance inside."""

from __future__ import annotations

import asyncio
import socket
import sys
from functools import partial

from local.cluster.layout import API_ADDRESS

_CHUNK = 1 << 16


def main() -> None:
    """Arguments: for each listening socket its descriptor, opened before the network was left, and
    the port that it leads to."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(_serve(dict(zip(numbers[::2], numbers[1::2], strict=True))))


async def _serve(ports: dict[int, int]) -> None:
    servers = [
        await asyncio.start_server(partial(_carry, port), sock=socket.socket(fileno=descriptor))
        for descriptor, port in ports.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _carry(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(API_ADDRESS, port)
    except OSError:
        # The server is starting: clients see a closed connection and try again.
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
