"""Tools that ask the client something on the way: its model, its user, its roots, and whether it is there."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

import mcp.types as types
from fastmcp import Context
from pydantic import BaseModel

from app import MAJOR, mcp
from results import Person


@mcp.tool
async def think(about: str, ctx: Context) -> str:
    """Asks the client's model."""
    if MAJOR < 4:
        return (await ctx.sample(about, system_prompt="Be brief.", max_tokens=64)).text or ""
    question = types.SamplingMessage(role="user", content=types.TextContent(type="text", text=about))
    answer = await ctx.session.create_message(
        [question], max_tokens=64, system_prompt="Be brief.", related_request_id=ctx.request_id
    )
    content = answer.content[0] if isinstance(answer.content, list) else answer.content
    return content.text


@dataclass
class Visitor:
    name: str
    age: int
    member: bool = False


class Colour(Enum):
    RED = "red"
    GREEN = "green"


ANSWERS: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "literal": Literal["tea", "coffee"],
    "enum": Colour,
    "choice": ["first", "second"],
    "choice titled": {"first": {"title": "The first"}, "second": {"title": "The second"}},
    "several": [["first", "second", "third"]],
    "several titled": [{"first": {"title": "The first"}, "second": {"title": "The second"}}],
    "several of an enum": list[Colour],
    "dataclass": Visitor,
    "model": Person,
}


@mcp.tool
async def ask(kind: str, ctx: Context) -> dict[str, Any]:
    """Asks the client's user, for an answer of this kind."""
    if kind == "nothing" and MAJOR >= 4:
        result = await ctx.session.elicit_form(
            "Nothing, please", {"type": "object", "properties": {}}, related_request_id=ctx.request_id
        )
        return {"action": result.action, "data": result.content}
    answer = await ctx.elicit(f"A {kind}, please", None if kind == "nothing" else ANSWERS[kind])
    data = getattr(answer, "data", None)
    if isinstance(data, Visitor):
        data = vars(data)
    if isinstance(data, BaseModel):
        data = data.model_dump()
    if isinstance(data, Enum):
        data = data.value
    if isinstance(data, list):
        data = [one.value if isinstance(one, Enum) else one for one in data]
    return {"action": answer.action, "data": data}


@mcp.tool
async def ask_nested(ctx: Context) -> str:
    """Asks for what the protocol has no forms for."""
    visitor = {"type": "object", "properties": {"name": {"type": "string"}}}
    answer = await ctx.session.elicit_form(
        "A visitor, please", {"type": "object", "properties": {"visitor": visitor}}, related_request_id=ctx.request_id
    )
    return answer.action


@mcp.tool
async def ask_outside(ctx: Context) -> str:
    """Sends the client's user to a page (URL mode)."""
    answer = await ctx.session.elicit_url(
        "Sign in, please", "https://example.test/sign-in", "elicitation-1", related_request_id=ctx.request_id
    )
    return answer.action


@mcp.tool
async def where(ctx: Context) -> list[str]:
    """Asks for the client's roots: not within the stream of this request, over HTTP."""
    roots = await ctx.list_roots() if MAJOR < 4 else (await ctx.session.list_roots()).roots
    return [f"{root.name}={root.uri}" for root in roots]


@mcp.tool
async def are_you_there(ctx: Context) -> str:
    await ctx.session.send_ping()
    return "you are"
