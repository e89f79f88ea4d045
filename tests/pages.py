"""The documents as data: their headings, sections, tables, blocks and links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent

_BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]\[]*\]\(([^()\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_CELL = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and its text."""

    language: str
    text: str
    line: int


@dataclass(frozen=True)
class Table:
    """A table: its head and its rows, cell by cell."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def column(self, name: str) -> list[str]:
        """The cells under a head."""
        at = self.head.index(name)
        return [row[at] for row in self.rows]


@dataclass(frozen=True)
class Page:
    """A document, or a section of one."""

    path: Path
    text: str

    @classmethod
    def of(cls, name: str) -> "Page":
        """The document at a path in the repository."""
        path = REPOSITORY / name
        return cls(path, path.read_text(encoding="utf-8"))

    @property
    def name(self) -> str:
        """Its path in the repository."""
        return str(self.path.relative_to(REPOSITORY))

    @cached_property
    def blocks(self) -> list[Block]:
        """Its fenced blocks."""
        return [
            Block(found[1].strip(), found[2], self.text.count("\n", 0, found.start()) + 1)
            for found in _BLOCK.finditer(self.text)
        ]

    @cached_property
    def prose(self) -> str:
        """Its text without the fenced blocks."""
        return _BLOCK.sub(lambda block: "\n" * block[0].count("\n"), self.text)

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """The level and the words of each heading, without marks of code."""
        return [(len(found[1]), found[2].replace("`", "")) for found in _HEADING.finditer(self.prose)]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can point to within it, as forges make it of the headings."""
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for _, title in self.headings}

    @cached_property
    def links(self) -> list[str]:
        """Where its links lead."""
        return _LINK.findall(_CODE.sub("", self.prose))

    @cached_property
    def spans(self) -> list[str]:
        """What stands in code marks in its prose."""
        return _CODE.findall(self.prose)

    @cached_property
    def tables(self) -> list[Table]:
        """Its tables."""
        return list(self._tables())

    def table(self, *head: str) -> Table:
        """The one table whose head begins with these words."""
        (found,) = (table for table in self.tables if table.head[: len(head)] == head)
        return found

    def sections(self, level: int) -> dict[str, "Page"]:
        """Its sections of a level by their headings, each down to the next heading of this level or above."""
        found: dict[str, Page] = {}
        marks = [mark for mark in _HEADING.finditer(self._without_blocks()) if len(mark[1]) <= level]
        ends = [mark.start() for mark in marks[1:]] + [len(self.text)]
        for mark, end in zip(marks, ends, strict=True):
            if len(mark[1]) == level:
                found[mark[2].replace("`", "")] = Page(self.path, self.text[mark.end() : end])
        return found

    def _without_blocks(self) -> str:
        """Its text with every fenced block blotted out, so that places in it stay what they are."""
        return _BLOCK.sub(lambda block: re.sub(r"[^\n]", ".", block[0]), self.text)

    def _tables(self) -> Iterator[Table]:
        for lines in re.findall(r"(?:^\|.*\n)+", self.prose + "\n", re.MULTILINE):
            head, _, *rows = map(_cells, lines.splitlines())
            yield Table(head, tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace("\\|", "|") for cell in _CELL.split(line.strip())[1:-1])


def code(cell: str) -> str:
    """What a cell that holds code says."""
    return cell.strip("`")


def all_pages() -> list[Page]:
    """Every document of the repository."""
    names = [*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")]
    return [Page.of(str(name.relative_to(REPOSITORY))) for name in sorted(names)]
