"""How the servers here are started.

    python server.py stdio
    python server.py web HTTP SSE    (streamable HTTP and SSE on these ports, 0 for free ones; said on stdout)
"""

import asyncio
import json
import os
import socket
import sys
import threading

import uvicorn
from fastmcp import FastMCP


def serve(mcp: FastMCP) -> None:
    if sys.argv[1] == "stdio":
        mcp.run(transport="stdio", show_banner=False)
    else:
        threading.Thread(target=end_with_stdin, daemon=True).start()
        asyncio.run(web(mcp, *map(int, sys.argv[2:4])))


async def web(mcp: FastMCP, *ports: int) -> None:
    http, sse = map(listening, ports)
    # They can be connected to from here on, whatever is still being started.
    print(json.dumps({"http": url(http, "mcp"), "sse": url(sse, "sse")}), flush=True)
    await asyncio.gather(served(mcp, "http", http), served(mcp, "sse", sse))


def listening(port: int) -> socket.socket:
    # The protocol by name: asyncio switches Nagle's algorithm off for nothing else, and 40 ms a call are lost.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def url(listener: socket.socket, path: str) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/{path}"


async def served(mcp: FastMCP, transport: str, listener: socket.socket) -> None:
    config = uvicorn.Config(mcp.http_app(transport=transport), log_level="warning", lifespan="on")
    await uvicorn.Server(config).serve(sockets=[listener])


def end_with_stdin() -> None:
    """Whoever started this may be killed: then its end of the pipe is closed, and nothing is left behind."""
    sys.stdin.buffer.read()
    os._exit(0)
