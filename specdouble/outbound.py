"""How requests leave this machine: by the proxy that the environment names, and never by one to this machine itself."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

from specdouble.loopback import is_loopback
from specdouble.url import split_url

_OURS = ("http", "https")  # the schemes of proxies that are used; what stands behind a SOCKS proxy is asked directly


def outbound_proxy(url: str) -> str | None:
    """The proxy by which a URL is reached; None where it is asked directly.

    `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (and what the system's settings say) tell it, as they do for
    curl. This machine is asked directly whatever they say: a proxy would look for the server at itself.

    Args:
        url: what is asked.
    """
    parts = split_url(url)
    host = parts.hostname or ""
    if not host or is_loopback(host.rstrip(".")) or proxy_bypass(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy:
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    return proxy if split_url(proxy).scheme in _OURS else None
