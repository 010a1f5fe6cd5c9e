"""Which names and addresses are this machine's own, whoever asks."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine: `localhost`, what lies below it (RFC 6761, 6.3), or such an address."""
    host = host.lower()
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
