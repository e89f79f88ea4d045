"""The HTTP API over real sockets: one real server for all, and a community of its own for every test."""

import pytest

pytest.register_assert_rewrite("tests.api.envelopes", "tests.api.integrators", "tests.api.inside", "tests.api.wires")
