"""A readable page of the OpenAPI document: plain HTML, for people."""

import html
import re
from typing import Any


def draw(described: dict[str, Any]) -> bytes:
    """The whole page. It runs no script and asks no other host for anything."""
    operations = [
        _operation_section(path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]
    objects = [_object_section(name, schema) for name, schema in described["components"]["schemas"].items()]
    return _FRAME.format(
        title=html.escape(described["info"]["title"]),
        version=html.escape(described["info"]["version"]),
        words=html.escape(described["info"]["description"]),
        contents="\n".join(_content_lines(described)),
        operations="\n".join(operations),
        objects="\n".join(objects),
    ).encode()


def _content_lines(described: dict[str, Any]) -> list[str]:
    return [
        f"<li><a href='#{operation['operationId']}'><b>{method.upper()}</b> <code>{html.escape(path)}</code></a> "
        f"{html.escape(operation['summary'])}</li>"
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def _operation_section(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = [
        (member["name"], f"{member['in']}, {_type_words(member['schema'])}", member.get("description", ""))
        for member in operation.get("parameters", ())
    ]
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    rows += [("body", _type_words(content["schema"]), "") for content in bodies]
    answers = [
        (status, answer["description"], _answer_words(answer)) for status, answer in operation["responses"].items()
    ]
    lock = "" if "security" in operation else " · needs no token"
    return (
        f"<section id='{operation['operationId']}'><h3><b>{method.upper()}</b> <code>{html.escape(path)}</code></h3>"
        f"<p>{html.escape(operation['summary'])}{lock}</p>"
        + (_table(("parameter", "where and type", "meaning"), rows) if rows else "")
        + _table(("status", "meaning", "content"), answers)
        + "</section>"
    )


def _object_section(name: str, schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = [
        (
            member,
            _type_words(kind) + ("" if member in required else ", optional"),
            kind.get("description", ""),
        )
        for member, kind in schema.get("properties", {}).items()
    ]
    if "enum" in schema:
        rows = [(str(value), "value", "") for value in schema["enum"]]
    words = html.escape(schema.get("description", ""))
    return f"<section id='{name}'><h3>{name}</h3><p>{words}</p>{_table(('member', 'type', 'meaning'), rows)}</section>"


def _answer_words(answer: dict[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        schema = content.get("schema", {})
        return _type_words(schema.get("properties", {}).get("data", schema))
    return ""


def _type_words(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type_words(kind) for kind in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {_type_words(schema.get('items', {}))}"
    words = str(schema.get("type", ""))
    if "maxLength" in schema:
        words += f", at most {schema['maxLength']:,} characters"
    if "enum" in schema:
        words = ", ".join(map(str, schema["enum"]))
    return words


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str]]) -> str:
    def cell(text: str) -> str:
        linked = re.sub(r"\b(Failure|[A-Z][a-z]+(?:[A-Z][a-z]+)+)\b", r"<a href='#\1'>\1</a>", html.escape(text))
        return f"<td>{linked}</td>"

    names = "".join(f"<th scope='col'>{name}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(map(cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 0 auto; padding: 1rem; }}
section {{ border-top: 1px solid #8888; padding: .5rem 0; overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; margin: .5rem 0; }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }}
nav ul {{ list-style: none; padding: 0; columns: 24rem; }}
nav li {{ break-inside: avoid; padding: .1rem 0; }}
code, td:first-child {{ font-family: ui-monospace, monospace; overflow-wrap: anywhere; }}
</style></head><body>
<header><h1>{title}</h1><p>Version {version}. {words}</p>
<p>For programs: <a href="schema/openapi.json">openapi.json</a> (OpenAPI 3.1).</p></header>
<nav aria-label="Operations"><ul>
{contents}
</ul></nav>
<main><h2>Operations</h2>
{operations}
<h2>Objects</h2>
{objects}
</main></body></html>
"""
