"""The commands. Each is one action or one read, printed for people or with --json for programs."""

import sys

from typer.exceptions import TyperException

from parley.cli.app import app
from parley.core.errors import ParleyError


def main() -> None:
    """Run a command. Exit: 0 done, 1 refused or failed, 2 wrong arguments; errors are one line on standard error."""
    try:
        code = app(standalone_mode=False)
    except TyperException as wrong:
        _say(wrong.format_message())
        code = wrong.exit_code
    except ParleyError as refused:
        _say(refused.text)
        code = 1
    except (KeyboardInterrupt, EOFError):
        code = 130  # as shells report an interrupt
    except BrokenPipeError:
        code = 1
    sys.exit(code or 0)


def _say(text: str) -> None:
    print(f"parley: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201 - a command prints
