"""The server that server.py fills."""

import fastmcp
from fastmcp import FastMCP

MAJOR = int(fastmcp.__version__.split(".")[0])

mcp = FastMCP(
    "everything-in-python",
    instructions="Made to be tested against.",
    version="1.2.3",
    # So that its lists have several pages.
    list_page_size=7,
)
