"""A front-end in a real browser works through the proxy against half a backend, whose three faults are told."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from specdouble.proxy.gateway import Policy
from tests.proxy.backend import listening
from tests.proxy.test_proxy import proxied

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import Error, Page, expect, sync_playwright

PAGE = """<!doctype html><title>Orders</title><ul id=orders></ul><ul id=notes></ul><button>Order</button><script>
const api = new URLSearchParams(location.search).get('api');
const json = (path, body) => fetch(api + path, body && {
  method: 'POST', headers: {'Content-Type': 'application/json', 'X-Own': '1'}, body: JSON.stringify(body),
}).then(answer => answer.json());
const show = async () => {
  for (const [list, path, name] of [['orders', '/orders', 'name'], ['notes', '/notes', 'text']])
    document.getElementById(list).replaceChildren(...(await json(path)).map(one => {
      const item = document.createElement('li');
      item.textContent = one[name];
      return item;
    }));
};
document.querySelector('button').onclick = async () => {
  await json('/orders', {name: 'tea', quantity: 2});
  await json('/notes', {text: 'no sugar'});
  await show();
};
show();
</script>"""


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        except Error:
            pytest.skip("there is no browser: `make browser` installs one")
        yield browser.new_page()
        browser.close()


@pytest.mark.slow
def test_a_page_of_another_origin_orders_takes_notes_and_meets_every_fault(page: Page) -> None:
    async def front_end(_request: Request) -> HTMLResponse:
        return HTMLResponse(PAGE)

    with listening(Starlette(routes=[Route("/", front_end)])) as origin, proxied(Policy(1024 * 1024)) as passed:
        page.goto(f"{origin}/?api={str(passed.client.base_url).rstrip('/')}")
        for times in (1, 2):
            page.get_by_role("button").click()
            expect(page.locator("#orders li")).to_have_count(times, timeout=20_000)
        expect(page.locator("#notes")).to_contain_text("no sugar")  # which no backend keeps yet
        told = passed.proxy.tally.told(passed.proxy.answered_by_double)
    for rule in ("default:orders.status", "computed:orders.total", "unique:orders.name"):
        assert rule in told
    assert passed.proxy.answered_by_double >= 4
