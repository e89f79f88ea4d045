"""The commands. Each is one action or one read, printed for people or with --json for programs."""

import sys

from typer.exceptions import TyperException

from parley.cli.app import app
from parley.core.errors import ChallengeError, InvalidError, ParleyError
from parley.settings import FlagError, UrlError


def main() -> None:
    """Run a command. Exit: 0 done, 1 refused or failed, 2 wrong arguments; errors are one line on standard error."""
    try:
        code = app(prog_name="parley", standalone_mode=False)
    except TyperException as wrong:
        text = wrong.format_message()
        if text.startswith("Usage:"):  # nothing was asked for, and Typer answers with the help
            sys.stdout.write(f"{text}\n")
        else:
            _say(text)
        code = wrong.exit_code
    except ChallengeError as refused:  # the arguments are fine, the receiver is not
        _say(refused.text)
        code = 1
    except (InvalidError, UrlError, FlagError) as wrong:
        _say(wrong.text)
        code = 2
    except ParleyError as refused:
        _say(f"{refused.text} {refused.detail}")
        code = 1
    except (KeyboardInterrupt, EOFError):
        code = 130  # as shells report an interrupt
    except BrokenPipeError:
        code = 1
    sys.exit(code or 0)


def _say(text: str) -> None:
    print(f"parley: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201 - a command prints
