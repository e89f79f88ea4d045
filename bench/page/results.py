"""What the page benchmark measured, as it is kept in JSON."""

from collections import Counter

import msgspec

from bench.page.lighthouse import Audited, Form
from bench.results import Rounds


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of one page in one form."""

    page: str
    form: Form
    audited: Audited


class Report(Rounds[list[Look]], frozen=True, kw_only=True):
    """One run of the benchmark: in each round every page in both forms."""

    browser: str

    @property
    def lighthouse(self) -> str:
        """Its version."""
        return self.rounds[0][0].audited.lighthouse

    def columns(self) -> list[tuple[str, Form]]:
        """Each page in each form, as they were looked at."""
        return [(each.page, each.form) for each in self.rounds[0]]

    def of(self, column: tuple[str, Form]) -> list[Audited]:
        """What was said of a page in a form, in every round."""
        return [each.audited for looks in self.rounds for each in looks if (each.page, each.form) == column]

    def wanting(self) -> dict[str, Counter[tuple[str, Form]]]:
        """Each audit with less than the full score: how often, of which page and form."""
        found: dict[str, Counter[tuple[str, Form]]] = {}
        for column in self.columns():
            for audited in self.of(column):
                for name in audited.wanting:
                    found.setdefault(name, Counter())[column] += 1
        return dict(sorted(found.items()))
