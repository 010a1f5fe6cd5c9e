"""URLs that are none."""

from __future__ import annotations

import pytest

from specdouble.url import split_url


@pytest.mark.parametrize(
    "text", ["http://[::1/a", "http://[a]/", "http://a:99999/a", "http://a:x/a", f"http://{'a' * 64}.b/", "http://a..b"]
)
def test_what_is_no_url_has_no_parts(text: str) -> None:
    assert not any(split_url(text))


@pytest.mark.parametrize("text", ["http://[::1]:80/a?b#c", "/a", "", "https://{tenant}.example.com/", "http://my_host"])
def test_of_a_url_nothing_is_lost(text: str) -> None:
    assert split_url(text).geturl() == text
