"""Conduit, the blog that RealWorld has specified and many have built: here in Go with Echo, built from its source.

It serves its Swagger 2.0 file at `/swagger/doc.json`. No package registry has it built: `CONDUIT_SOURCE` names a
checkout to take in the place of what GitHub has.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import httpx

from .server import Argued, Server, run, undeclared

SOURCE = os.environ.get("CONDUIT_SOURCE", "https://github.com/xesina/golang-echo-realworld-example-app")
USERS = ("alice", "bob")


class Conduit(Server):
    """Users sign in with an email address and a password, and their token is sent as `Token ...`."""

    name = "conduit"
    argued = (
        Argued(
            "nesting",
            r"finds nothing below another slug: the server answered 200",
            "a comment is deleted by its number alone, whatever article the path names",
            ["delete-comments"],
        ),
        Argued(
            "conformance", r'(bio|image|user): null|null is not of type "string"', "null where the contract says a text"
        ),
        Argued(
            "*",
            r'answered (4\d\d) \{"errors":.*(required|max|min|email)',
            "what is required must not be empty, an address one of mail: no schema says so",
            ["create-article", "update-article", "add-comment", "login", "sign-up", "update-user"],
        ),
        Argued(
            "*",
            r"Schema-valid request rejected",
            "the same",
            [
                "create-article",
                "update-article",
                "add-comment",
                "login",
                "sign-up",
                "update-user",
                "get-articles",
                "feed",
            ],
        ),
        Argued(
            "*",
            r'answered 500 \{"errors":\{"body":"UNIQUE|PUT \S*/articles/\{slug\}(:| answering) (Server error|5xx)',
            "500 where a tag or a slug is taken",
            ["update-article", "create-article"],
        ),
        Argued(
            "conformance", r"Server error|answering 5xx", "500 at a query that it cannot use", ["get-articles", "feed"]
        ),
        Argued(
            "conformance",
            r"refuses a body that is no object.*answered 200|no UTF-8",
            "bytes that are no UTF-8 are taken within a text",
            ["update-article", "create-article", "add-comment"],
        ),
        Argued(
            "conformance",
            r"refuses what does not fit.*the server answered 20[01]",
            "null, and what is of another type, are taken for nothing",
            ["update-article", "create-article", "add-comment", "update-user"],
        ),
        Argued(
            "conformance",
            r"Schema-violating request accepted",
            "a parameter of the wrong type is taken for none",
            ["get-articles", "feed", "update-article", "create-article", "add-comment"],
        ),
        Argued(
            "conformance",
            r"answering 200: one of the statuses 201|Received: 200 Documented: 201",
            "200 where the contract says 201",
            ["tags"],
        ),
        Argued("conformance", undeclared(400, 403, 404, 422), "an undeclared refusal"),
        Argued(
            "authentication",
            r'credentials that are not valid: the server answered 403 \{"errors":\{"body":"invalid or expired jwt"',
            "403 at a token that it did not give, where the contract says 401",
        ),
        Argued(
            "boundaries",
            r"tagList within its bounds is accepted: a read shows",
            "many tags are shown in another order than they were sent in, and an array of JSON has an order",
            ["create-article", "update-article"],
        ),
        Argued(
            "authentication",
            r"not valid|without authentication|invalid authentication",
            "the contract protects the tags, and the server shows them to everybody",
            ["tags"],
        ),
    )
    settings = "\n".join(
        [
            "[tool.specdouble.verify]",
            'login = { operation = "login", token = "/user/token" }',
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
        source = self.home / "source"
        if not source.exists():
            run("git", "clone", "--quiet", "--depth=1", SOURCE, source)
        program = source / "main.go"  # it would take one port, whoever else has it
        text = program.read_text("utf-8").replace('"127.0.0.1:8585")', '"127.0.0.1:" + os.Getenv("PORT"))')
        if '"os"' not in text:
            text = text.replace("import (\n", 'import (\n\t"os"\n\n', 1)
        program.write_text(text, "utf-8")
        run("go", "build", "-mod=mod", "-o", self.home / "conduit", ".", cwd=source)

    def missing(self) -> str | None:
        if (self.home / "conduit").exists():
            return None
        return "Conduit is not built: make servers SERVERS=conduit"

    def command(self, folder: Path, port: int) -> list[str]:
        script = f"cd {folder} && exec env PORT={port} {self.home / 'conduit'}"
        return [shutil.which("sh") or "sh", "-c", script]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/api"

    def ready(self, url: str) -> bool:
        return httpx.get(f"{url}/tags", timeout=2).status_code == 200

    def contract(self, client: httpx.Client) -> str:
        return client.get(str(client.base_url).replace("/api/", "/swagger/doc.json")).raise_for_status().text

    def populate(self, client: httpx.Client) -> None:
        for name in (*USERS, "carol"):
            user = {"username": name, "email": f"{name}@example.com", "password": f"{name}-password"}
            answer = client.post("/users", json={"user": user}).raise_for_status()
            headers = {"Authorization": f"Token {answer.json()['user']['token']}"}
            article = {"title": f"Kept by {name}", "description": "There before", "body": "Text", "tagList": [name]}
            made = client.post("/articles", json={"article": article}, headers=headers).raise_for_status()
            comments = f"/articles/{made.json()['article']['slug']}/comments"
            client.post(comments, json={"comment": {"body": "There before"}}, headers=headers).raise_for_status()

    def documents(self, client: httpx.Client) -> dict[str, bytes]:
        found = {}
        for article in client.get("/articles", params={"limit": 1000}).raise_for_status().json()["articles"]:
            path = f"/articles/{article['slug']}"
            found[path] = client.get(path).raise_for_status().content
            found[f"{path}/comments"] = client.get(f"{path}/comments").raise_for_status().content
        return found
