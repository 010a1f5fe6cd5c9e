"""Conduit, the blog that RealWorld has specified and many have built: here in Go with Gin, built from its source.

No package registry has a built one. `CONDUIT_SOURCE` and `CONDUIT_SPECIFICATION` name checkouts to take in the place of
what GitHub has.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import httpx

from .server import Server, run

SOURCE = os.environ.get("CONDUIT_SOURCE", "https://github.com/gothinkster/golang-gin-realworld-example-app")
SPECIFICATION = os.environ.get("CONDUIT_SPECIFICATION", "https://github.com/gothinkster/realworld")
USERS = ("alice", "bob")


class Conduit(Server):
    """Users sign in with an email address and a password, and their token is sent as `Token ...`."""

    name = "conduit"
    contract_name = "openapi.yaml"
    settings = "\n".join(
        [
            "[tool.specdouble.verify]",
            'login = { operation = "Login", token = "/user/token" }',
            *(
                "\n[[tool.specdouble.verify.users]]\n"
                f'name = "{name}"\n'
                f'user = {{ email = "{name}@example.com", password = "{name}-password" }}'
                for name in USERS
            ),
            "",
        ]
    )

    def install(self) -> None:
        source, specification = self.home / "source", self.home / "specification"
        for folder, origin in ((source, SOURCE), (specification, SPECIFICATION)):
            if not folder.exists():
                run("git", "clone", "--quiet", "--depth=1", origin, folder)
        # It would listen on every address of the machine.
        program = source / "hello.go"
        text = program.read_text("utf-8").replace("r.Run()", 'r.Run("127.0.0.1:" + os.Getenv("PORT"))')
        program.write_text(re.sub(r'import \(\n\t"fmt"\n(?!\t"os")', 'import (\n\t"fmt"\n\t"os"\n', text), "utf-8")
        run("go", "build", "-mod=mod", "-o", self.home / "conduit", ".", cwd=source)

    def missing(self) -> str | None:
        if (self.home / "conduit").exists():
            return None
        return "Conduit is not built: make servers SERVERS=conduit"

    def command(self, folder: Path, port: int) -> list[str]:
        (folder / "run").mkdir()  # the database is made beside the folder that it runs in
        script = f"cd {folder / 'run'} && exec env GIN_MODE=release PORT={port} {self.home / 'conduit'}"
        return [shutil.which("sh") or "sh", "-c", script]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/api"

    def ready(self, url: str) -> bool:
        return httpx.get(f"{url}/tags/", timeout=2).status_code == 200

    def contract(self, client: httpx.Client) -> str:
        return (self.home / "specification" / "api" / "openapi.yml").read_text("utf-8")

    def populate(self, client: httpx.Client) -> None:
        for name in (*USERS, "carol"):
            user = {"username": name, "email": f"{name}@example.com", "password": f"{name}-password"}
            answer = client.post("/users/", json={"user": user}).raise_for_status()
            headers = {"Authorization": f"Token {answer.json()['user']['token']}"}
            article = {"title": f"Kept by {name}", "description": "There before", "body": "Text", "tagList": [name]}
            made = client.post("/articles/", json={"article": article}, headers=headers).raise_for_status()
            comments = f"/articles/{made.json()['article']['slug']}/comments"
            client.post(comments, json={"comment": {"body": "There before"}}, headers=headers).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {}
        for article in client.get("/articles/", params={"limit": 1000}).raise_for_status().json()["articles"]:
            path = f"/articles/{article['slug']}"
            found[path] = client.get(path).raise_for_status().content
            found[f"{path}/comments"] = client.get(f"{path}/comments").raise_for_status().content
        return found
