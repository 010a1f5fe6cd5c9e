"""The provider's pages: plain HTML, no script, no frame around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse

from specdouble.double.state.accounts import Account

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem; }}
button {{ display: block; width: 100%; font: inherit; text-align: left; margin: .4rem 0; padding: .6rem .8rem;
  border: 1px solid #8888; border-radius: .4rem; background: none; color: inherit; cursor: pointer; }}
button:hover, button:focus {{ border-color: #06c; }}
button.aside {{ border-color: transparent; text-align: center; }}
small, p {{ opacity: .8; }}
</style>
</head>
<body>
<h1>{title}</h1>
{content}
</body>
</html>
"""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


def choice(
    title: str, accounts: Iterable[Account], hint: str, action: str, hidden: Mapping[str, str], to: str = ""
) -> HTMLResponse:
    """The page on which one of the users is chosen.

    Args:
        title: its heading.
        accounts: the users.
        hint: the name of the one that is most likely meant.
        action: where the choice is sent.
        hidden: what is sent along.
        to: where the browser is sent then, should that be another origin.
    """
    known = sorted(accounts, key=lambda account: hint not in (account.subject, *account.names))
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items()
    )
    buttons = "\n".join(_button(account) for account in known)
    cancel = '<button class="aside" name="decision" value="deny">Cancel</button>'
    form = f'<form method="post" action="{escape(action)}">\n{fields}{buttons}\n{cancel}\n</form>'
    scope = f"<p>For {escape(hidden['scope'])}.</p>" if hidden.get("scope") else ""
    return _page(title, scope + form, to=to)


def _button(account: Account) -> str:
    about = ", ".join(str(one) for one in (account.tenant, *account.roles) if one is not None)
    return (
        f'<button name="user" value="{escape(account.subject)}">{escape(account.name)} '
        f"<small>{escape(about)}</small></button>"
    )


def entry(action: str, note: str = "") -> HTMLResponse:
    """The page on which the code of a device is entered."""
    field = '<input name="user_code" autocomplete="off" autofocus placeholder="ABCD-EFGH" style="font: inherit">'
    told = f"<p>{escape(note)}</p>" if note else ""
    return _page(
        "Enter the code", f'{told}<form method="get" action="{escape(action)}">{field}<button>Go on</button></form>'
    )


def message(title: str, text: str, status: int = 200) -> HTMLResponse:
    """A page that says something."""
    return _page(title, f"<p>{escape(text)}</p>", status)


def _page(title: str, content: str, status: int = 200, to: str = "") -> HTMLResponse:
    page = _PAGE.format(title=escape(title), content=content)
    return HTMLResponse(page, status, {**_HEADERS, "Content-Security-Policy": _policy(to)})


def _policy(to: str) -> str:
    """What the page may do: a browser holds the redirect that follows on a form to `form-action` too."""
    parts = urlsplit(to)
    if parts.scheme in ("http", "https"):
        allowed = f" {parts.scheme}://{parts.netloc}"
    else:
        allowed = f" {parts.scheme}:" if parts.scheme else ""
    return (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; "
        f"form-action 'self'{allowed}"
    )
