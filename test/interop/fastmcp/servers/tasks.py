"""A FastMCP server whose tools, resources and prompts can be run as tasks (revision 2025-11-25).

It needs the extra of the release that has them: fastmcp[tasks]==3.4.7.
"""

import asyncio
import os
import sys
from datetime import timedelta

from fastmcp import Context, FastMCP
from fastmcp.server.tasks.config import TaskConfig

from serve import serve

mcp = FastMCP("tasks-in-python")


@mcp.tool(task=True)
async def double(number: int) -> int:
    """Is done at once, and says that it should be looked at every five seconds."""
    return number * 2


@mcp.tool(task=TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=50)))
async def slow(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "at last"


@mcp.tool(task=TaskConfig(mode="required", poll_interval=timedelta(milliseconds=50)))
async def only_as_task() -> str:
    return "as a task"


@mcp.tool(task=TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=50)))
async def fails() -> str:
    raise ValueError("the task went wrong")


@mcp.tool(task=TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=50)))
async def steps(ctx: Context) -> str:
    for step in range(1, 4):
        await ctx.report_progress(step, 3, f"step {step}")
        await asyncio.sleep(0.05)
    return "three steps"


@mcp.tool(task=TaskConfig(mode="optional", poll_interval=timedelta(milliseconds=50)))
async def asks(ctx: Context) -> str:
    answer = await ctx.elicit("A name, please", str)
    return f"{answer.action}: {getattr(answer, 'data', None)}"


@mcp.tool
async def never_as_task() -> str:
    return "at once"


@mcp.tool
def process() -> int:
    return os.getpid()


@mcp.resource("demo://slow", task=True)
async def slow_resource() -> str:
    return "read in a task"


@mcp.prompt(task=True)
async def slow_prompt(topic: str) -> str:
    return f"About {topic}"


if __name__ == "__main__":
    serve(mcp)
