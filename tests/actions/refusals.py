"""A refused action leaves no trace."""

from typing import Any, TypeVar

import pytest

from parley.actions.draft import Action
from parley.core.errors import ParleyError
from tests.ledger.books import Books

E = TypeVar("E", bound=ParleyError)


async def refused(books: Books, action: Action[Any], error: type[E]) -> E:
    """The error that the action is refused with, after a look that no table changed."""
    before = books.lines()
    with pytest.raises(error) as told:
        await books.do(action)
    assert before == books.lines()
    assert error is type(told.value)
    return told.value


async def refused_paths(books: Books, action: Action[Any], error: type[E]) -> list[str]:
    """The paths of what is wrong with the action."""
    return [problem.path for problem in (await refused(books, action, error)).problems]
