"""Servers that others wrote: installed, started on loopback with an empty data folder, and verified.

    python -m tests.abroad.servers install kinto powerdns   # into .servers/, which git ignores
    python -m tests.abroad.servers serve kinto              # and prints where it and its contract are

Each server is a module of its own: how it is installed and started, where its contract is, the documents that others
put there before, the settings that a user would write, and an argument for each failure that the verifier reports.
"""

from .alertmanager import Alertmanager
from .chromadb import ChromaDB
from .conduit import Conduit
from .jupyterhub import JupyterHub
from .kinto import Kinto
from .powerdns import PowerDNS
from .server import Running, Server

SERVERS: dict[str, Server] = {
    "kinto": Kinto(),
    "jupyterhub": JupyterHub(),
    "chromadb": ChromaDB(),
    "alertmanager": Alertmanager(),
    "powerdns": PowerDNS(),
    "conduit": Conduit(),
}

__all__ = ["SERVERS", "Running", "Server"]
