"""Report how long the functions and files of src are. A report to look at, not a gate."""

import ast
from pathlib import Path
from statistics import median, quantiles

SOURCE = Path(__file__).parent.parent / "src"
LONG_FUNCTION = 50  # lines; longer ones are named
LONG_FILE = 500  # lines; likewise


def main() -> None:
    """Print the figures, and whatever stands out by name."""
    files = {path: path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}
    file_lengths = {str(path.relative_to(SOURCE)): len(text.splitlines()) for path, text in files.items()}
    function_lengths = {
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}": length(node)
        for path, text in files.items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    print_figures("functions", function_lengths, long=LONG_FUNCTION)
    print_figures("files", file_lengths, long=LONG_FILE)


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the last, without the docstring."""
    docstring = function.body[0] if ast.get_docstring(function, clean=False) is not None else None
    return lines(function) - (lines(docstring) if docstring else 0)


def lines(node: ast.stmt) -> int:
    """Lines that a statement spans."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def print_figures(what: str, lengths: dict[str, int], *, long: int) -> None:
    """Print one line of figures, then the long ones."""
    values = list(lengths.values())
    p90 = quantiles(values, n=10)[-1] if len(values) > 1 else sum(values)
    stand_out = {name: value for name, value in lengths.items() if value > long}
    print(
        f"{what:<10} {len(values):>5}   median {median(values):g}   p90 {p90:.0f}   max {max(values)}"
        f"   over {long} lines: {len(stand_out) / len(values):.1%}"
    )
    for name, value in sorted(stand_out.items(), key=lambda item: -item[1]):
        print(f"    {value:>5}  {name}")


if __name__ == "__main__":
    main()
