"""A FastMCP server that lets in whom an authorization server vouches for.

python protected.py ISSUER    (streamable HTTP on a free port, said on stdout)
"""

import asyncio
import json
import os
import socket
import sys
import threading

import uvicorn
from fastmcp import FastMCP
from fastmcp.server.auth import RemoteAuthProvider
from fastmcp.server.auth.providers.jwt import JWTVerifier
from fastmcp.server.dependencies import get_access_token
from pydantic import AnyHttpUrl


def main() -> None:
    threading.Thread(target=end_with_stdin, daemon=True).start()
    asyncio.run(serve(sys.argv[1]))


async def serve(issuer: str) -> None:
    # The protocol by name: asyncio switches Nagle's algorithm off for nothing else.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    mcp = protected(issuer, base)
    print(json.dumps({"http": f"{base}/mcp"}), flush=True)
    config = uvicorn.Config(mcp.http_app(transport="http"), log_level="warning", lifespan="on")
    await uvicorn.Server(config).serve(sockets=[listener])


def protected(issuer: str, base: str) -> FastMCP:
    verifier = JWTVerifier(
        jwks_uri=f"{issuer}/jwks",
        issuer=issuer,
        audience=f"{base}/mcp",
        required_scopes=["mcp:read"],
    )
    auth = RemoteAuthProvider(
        token_verifier=verifier,
        authorization_servers=[AnyHttpUrl(issuer)],
        base_url=base,
    )
    mcp = FastMCP("protected", auth=auth)

    @mcp.tool
    def whoami() -> str:
        token = get_access_token()
        return "nobody" if token is None else str(token.claims.get("sub"))

    @mcp.tool
    def add(a: int, b: int) -> int:
        return a + b

    return mcp


def end_with_stdin() -> None:
    """Whoever started this may be killed: then its end of the pipe is closed, and nothing is left behind."""
    sys.stdin.buffer.read()
    os._exit(0)


main()
