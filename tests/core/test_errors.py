"""The tree of expected errors and the gathering of what is wrong."""

from collections.abc import Iterator

import pytest

from parley.core.errors import PROBLEMS_LIMIT, InvalidError, ParleyError, Problem, Problems, place_of


def all_errors(root: type[ParleyError] = ParleyError) -> Iterator[type[ParleyError]]:
    for error in root.__subclasses__():
        if error.__module__ == root.__module__:
            yield error
            yield from all_errors(error)


def test_no_code_is_used_twice() -> None:
    codes = [error.code for error in all_errors()]

    assert sorted(set(codes)) == sorted(codes)


def test_every_error_has_a_positive_code() -> None:
    assert [] == [error for error in all_errors() if error.code <= 0]


def test_an_error_carries_its_sentence() -> None:
    error = InvalidError("title: is too long", (Problem("title", "is too long"),))

    assert "title: is too long" == str(error) == error.text
    assert (Problem("title", "is too long"),) == error.problems


def test_no_problem_is_no_refusal() -> None:
    Problems().refuse_if_any()


def test_one_problem_is_told_as_it_is() -> None:
    problems = Problems()
    problems.add("url", "must be an address")

    with pytest.raises(InvalidError, match=r"^url: must be an address$") as refused:
        problems.refuse_if_any()
    assert (Problem("url", "must be an address"),) == refused.value.problems


def test_of_several_problems_the_first_is_told_and_the_rest_counted() -> None:
    problems = Problems()
    for path in ("title", "url", "image"):
        problems.add(path, "is wrong")

    with pytest.raises(InvalidError, match=r"^title: is wrong \(and 2 more, see errorDetails\)$") as refused:
        problems.refuse_if_any()
    assert ["title", "url", "image"] == [problem.path for problem in refused.value.problems]


def test_of_very_many_problems_the_first_hundred_are_kept() -> None:
    problems = Problems()
    for number in range(PROBLEMS_LIMIT + 1):
        assert problems.is_full == (number == PROBLEMS_LIMIT)
        problems.add(str(number), "is wrong")

    with pytest.raises(InvalidError) as refused:
        problems.refuse_if_any()
    assert list(map(str, range(100))) == [problem.path for problem in refused.value.problems]


def test_the_place_of_a_fault_is_where_it_arose_and_not_what_it_was_about() -> None:
    with pytest.raises(ZeroDivisionError) as told:
        fall()

    assert f"{__file__}:{fall.__code__.co_firstlineno + 2}" == place_of(told.value)


def test_a_fault_that_was_never_raised_has_no_place() -> None:
    assert "unknown" == place_of(ZeroDivisionError())


def fall() -> None:
    """Fail on the second line."""
    raise ZeroDivisionError("secret")
