"""A FastMCP server with one of everything. It runs on both releases that we are tried against; see serve.py."""

import asyncio
import os
import sys
from datetime import datetime, timezone
from typing import Any

from fastmcp import Context
from fastmcp.exceptions import ToolError
from fastmcp.utilities.types import Image
from pydantic import BaseModel

import questions  # noqa: F401  (its tools are the server's)
from app import MAJOR, mcp
from results import Person
from serve import serve

# ---------------------------------------------------------------- results


class Place(BaseModel):
    person: Person
    since: datetime
    tags: list[str] = []


@mcp.tool(tags={"arithmetic"}, annotations={"readOnlyHint": True})
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b


@mcp.tool
def words(text: str) -> list[str]:
    return text.split()


@mcp.tool
def table(rows: int) -> list[dict[str, Any]]:
    return [{"row": row, "square": row * row} for row in range(rows)]


@mcp.tool
def statistics(values: list[float]) -> dict[str, Any]:
    return {"count": len(values), "sum": sum(values)}


@mcp.tool
def person(name: str, age: int) -> Person:
    return Person(name=name, age=age)


@mcp.tool
def place(who: Person) -> Place:
    """Takes a model, and gives one inside another."""
    return Place(person=who, since=datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc), tags=["leap"])


@mcp.tool
def moment() -> datetime:
    return datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc)


@mcp.tool
def maybe(give: bool) -> int | None:
    return 7 if give else None


@mcp.tool
def nothing() -> None:
    return None


@mcp.tool(output_schema=None)
def plain(text: str) -> str:
    """Has no output schema."""
    return text


@mcp.tool
def picture() -> Image:
    return Image(data=b"\x89PNG\r\n\x1a\nnot really", format="png")


@mcp.tool
def large(size: int) -> str:
    return "x" * size


@mcp.tool(name="greet", version="1.0")
def greet_1(name: str) -> str:
    return f"Hello, {name}."


@mcp.tool(name="greet", version="2.0")
def greet_2(name: str) -> str:
    return f"Hi {name}!"


@mcp.tool
def fail(message: str) -> str:
    raise ToolError(message)


@mcp.tool
def stumble() -> str:
    raise ValueError("an error that nobody planned")


@mcp.tool
def said(ctx: Context) -> dict[str, Any]:
    """What came in `_meta`."""
    meta = ctx.request_context.meta
    return dict(meta) if isinstance(meta, dict) else (meta.model_dump() if meta else {})


# ---------------------------------------------------------------- what it tells on the way


@mcp.tool
async def count(to: int, ctx: Context, total: bool = True) -> int:
    for step in range(1, to + 1):
        await ctx.report_progress(step, to if total else None, f"step {step}")
    return to


@mcp.tool
async def report(ctx: Context) -> str:
    """Logs at every level, with and without data."""
    await ctx.debug("a detail")
    await ctx.info("a fact", logger_name="clerk", extra={"page": 7})
    await ctx.warning("a doubt")
    await ctx.error("a mishap")
    await ctx.log("all is lost", level="emergency")
    return "reported"


# ---------------------------------------------------------------- what takes its time, or goes wrong

cancelled: list[str] = []


@mcp.tool
async def wait(label: str, seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        cancelled.append(label)
        raise
    return label


@mcp.tool
def was_cancelled(label: str) -> bool:
    return label in cancelled


@mcp.tool
def process() -> int:
    return os.getpid()


@mcp.tool
def crash(code: int) -> None:
    sys.stderr.write("the last words of this server\n")
    sys.stderr.flush()
    os._exit(code)


# ---------------------------------------------------------------- what is there for one session only


@mcp.tool(tags={"hidden"})
def secret() -> str:
    return "shown"


mcp.disable(tags={"hidden"})


@mcp.tool
async def reveal(ctx: Context) -> str:
    await ctx.enable_components(tags={"hidden"})
    return "revealed"


# ---------------------------------------------------------------- resources


@mcp.resource("demo://text", name="text", mime_type="text/plain", tags={"demo"})
def text_resource() -> str:
    return "grüße 🌍"


@mcp.resource("demo://settings", mime_type="application/json")
def settings() -> str:
    return '{"theme": "dark"}'


@mcp.resource("demo://bytes", mime_type="application/octet-stream")
def bytes_resource() -> bytes:
    return bytes(range(8))


@mcp.resource("demo://broken")
def broken_resource() -> str:
    raise ValueError("this resource is broken")


def numbered(number: int) -> Any:
    return lambda: f"number {number}"


for number in range(8):
    mcp.resource(f"demo://number/{number}", name=f"number_{number}")(numbered(number))


@mcp.resource("demo://city/{name}/{day}")
def city(name: str, day: str) -> str:
    return f"{name} on {day}"


# ---------------------------------------------------------------- prompts


@mcp.prompt(tags={"demo"})
def welcome() -> str:
    return "Welcome the user."


@mcp.prompt
def compare(numbers: list[int], options: dict[str, bool], title: str = "Numbers") -> str:
    """Its arguments are no strings: they come as JSON."""
    return f"{title}: {sum(numbers)} {sorted(key for key, on in options.items() if on)}"


@mcp.prompt(name="letter", version="1.0")
def letter_1(to: str) -> str:
    return f"Dear {to}"


@mcp.prompt(name="letter", version="2.0")
def letter_2(to: str) -> str:
    return f"Hey {to}"


if MAJOR >= 4:

    @mcp.completion
    async def complete(ref: Any, argument: Any, context: Any) -> list[str]:
        known = {"name": ["Aachen", "Aarhus", "Berlin"], "day": ["monday", "tuesday"]}
        given = (context.arguments or {}) if context is not None else {}
        values = [value for value in known.get(argument.name, []) if value.startswith(argument.value)]
        return [f"{given['name']}-{value}" for value in values] if "name" in given else values


if __name__ == "__main__":
    serve(mcp)
