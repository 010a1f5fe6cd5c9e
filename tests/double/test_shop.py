"""A shop without an annotation: who signs up is somebody, and an order has what a server says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "shop.yaml"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(CONTRACT, seed=1)) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client


def signed_in(client: httpx.Client, email: str) -> dict[str, Any]:
    """Who signs in by that address, with the token of it from now on."""
    answer = client.post("/auth/login", json={"email": email, "password": "secret"}).json()
    client.headers["Authorization"] = f"Bearer {answer['token']}"
    user: dict[str, Any] = answer["user"]
    return user


def test_who_signs_up_signs_in_and_is_who_me_shows(client: httpx.Client) -> None:
    made = client.post("/auth/register", json={"email": "zoe@example.com", "password": "secret", "name": "Zoe"})
    assert made.status_code == 201
    user = made.json()["user"]
    assert client.get("/users/me", headers={"Authorization": f"Bearer {made.json()['token']}"}).json() == user
    assert signed_in(client, "zoe@example.com") == user
    assert client.get("/users/me").json() == user
    assert client.get(f"/users/{user['id']}").json() == user
    assert client.patch("/users/me", json={"email": "zoe@example.com", "password": "n", "name": "Z"}).status_code == 200
    assert client.get(f"/users/{user['id']}").json()["name"] == "Z"


def test_two_who_sign_in_are_two(client: httpx.Client) -> None:
    one = signed_in(client, "one@example.com")
    first = client.headers["Authorization"]
    other = signed_in(client, "other@example.com")
    assert one["id"] != other["id"]
    assert client.get("/users/me").json()["email"] == "other@example.com"
    assert client.get("/users/me", headers={"Authorization": first}).json()["email"] == "one@example.com"


def test_a_user_that_the_double_made_up_is_one_of_the_users(client: httpx.Client) -> None:
    by_key = client.get("/users/me", headers={"Authorization": "Bearer ada-key"}).json()
    assert by_key["email"] == "ada@north.example"
    assert signed_in(client, "ada@north.example") == by_key


def test_no_password_is_shown_that_no_document_is_declared_to_have(client: httpx.Client) -> None:
    signed_in(client, "one@example.com")
    made = client.post("/users", json={"email": "p@example.com", "password": "secret"})
    assert "password" not in made.json()
    assert all("password" not in user for user in client.get("/users").json())


def test_a_new_order_has_what_a_server_says_of_it(client: httpx.Client) -> None:
    user = signed_in(client, "buyer@example.com")
    order = client.post("/orders", json={"note": "soon"}).json()
    assert {name: order[name] for name in ("status", "items", "total", "paidAt")} == {
        "status": "pending", "items": [], "total": 0, "paidAt": None,
    }  # fmt: skip
    assert order["customer"]["id"] == user["id"]
    assert "trackingUrl" not in order  # it could be any, and would say what is not so


def test_an_entry_that_is_added_to_a_document_is_in_it_until_it_is_removed(client: httpx.Client) -> None:
    signed_in(client, "buyer@example.com")
    order = client.post("/orders", json={"items": [{"productId": 1, "quantity": 1}]}).json()
    path = f"/orders/{order['id']}"
    added = client.post(f"{path}/items", json={"productId": 3, "quantity": 2})
    assert added.status_code == 201
    assert added.json()["items"] == [{"productId": 1, "quantity": 1}, {"productId": 3, "quantity": 2}]
    assert client.get(path).json() == added.json()
    assert client.delete(f"{path}/items/3").json()["items"] == [{"productId": 1, "quantity": 1}]
    assert client.get(path).json()["items"] == [{"productId": 1, "quantity": 1}]
    assert client.delete(f"{path}/items/3").status_code == 404
    assert client.post("/orders/999/items", json={"productId": 3, "quantity": 2}).status_code == 404


def test_an_entry_that_is_answered_alone_is_in_its_document(client: httpx.Client) -> None:
    signed_in(client, "buyer@example.com")
    path = f"/orders/{client.post('/orders', json={}).json()['id']}"
    made = client.post(f"{path}/comments", json={"text": "please hurry"})
    [comment] = client.get(path).json()["comments"]
    assert made.json() == {"data": comment}
    assert (comment["id"], comment["text"]) == (1, "please hurry")
    assert comment["authorId"] == client.get("/users/me").json()["id"]
    assert abs(datetime.fromisoformat(comment["createdAt"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_user_without_an_id_whose_token_is_a_property_of_its_own_is_one_too() -> None:
    contract = Path(__file__).parent / "conduit.yaml"
    with serving(Settings(contract, seed=1)) as url, httpx.Client(base_url=url) as client:
        sent = {"user": {"email": "zoe@example.com", "username": "zoe", "password": "secret"}}
        made = client.post("/users", json=sent).json()["user"]
        signed = client.post("/users/login", json={"user": {"email": "zoe@example.com", "password": "secret"}}).json()
        for token in (made["token"], signed["user"]["token"]):
            client.headers["Authorization"] = f"Token {token}"
            assert client.get("/user").json()["user"]["username"] == "zoe"
        assert client.put("/user", json={"user": {"bio": "I sail"}}).status_code == 200
        shown = client.get("/user").json()["user"]
        assert (shown["email"], shown["bio"]) == ("zoe@example.com", "I sail")


def test_who_signs_up_without_a_name_is_shown_as_what_was_sent() -> None:
    contract = Path(__file__).parent / "conduit.yaml"
    with serving(Settings(contract, seed=1)) as url, httpx.Client(base_url=url) as client:
        sent = {"user": {"email": "", "username": "", "password": "secret", "bio": "I sail"}}
        made = client.post("/users", json=sent).json()["user"]
        assert (made["email"], made["username"]) == ("", "")
        client.headers["Authorization"] = f"Token {made['token']}"
        assert client.get("/user").json()["user"]["username"] == ""


def test_who_signs_up_shows_in_a_list_beside_which_nothing_names_one_of_them() -> None:
    contract = Path(__file__).parent / "club.yaml"
    with serving(Settings(contract, seed=1)) as url, httpx.Client(base_url=url) as client:
        made = client.post("/register", json={"email": "zoe@example.com", "password": "secret", "name": "Zoe"}).json()
        assert client.get("/users").json()[-1] == made


def test_a_wrong_password_is_refused_and_none_is_once_it_was_set_in_another_way(client: httpx.Client) -> None:
    client.post("/auth/register", json={"email": "mia@example.com", "password": "right"})

    def signs_in(password: str) -> int:
        return client.post("/auth/login", json={"email": "mia@example.com", "password": password}).status_code

    assert (signs_in("wrong"), signs_in("right")) == (401, 200)
    signed_in(client, "stranger@example.com")  # who never signed up may have any
    client.patch("/users/me", json={"email": "stranger@example.com", "password": "another"})
    assert signs_in("wrong") == 200


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ("'401': {description: Who is that?}", 401),
        ("'400': {description: Invalid username/password supplied}", 400),
        ("'403': {description: The credentials are wrong.}", 403),
        ("'422': {description: The e-mail or password is incorrect}", 422),
        ("'400': {description: The JSON cannot be read.}, '401': {description: No}", 401),
        ("'400': {description: The JSON cannot be read.}", 200),
        ("'404': {description: No such page.}", 200),
        ("'422': {description: The password has to have eight characters.}", 200),
        ("4XX: {description: Any failure.}", 200),
        ("default: {description: Any failure.}", 200),
    ],
)
def test_a_wrong_password_is_refused_only_with_what_is_declared_for_it(
    declared: str, status: int, tmp_path: Path
) -> None:
    lines = CONTRACT.read_text("utf-8").splitlines()
    login = lines.index("  /auth/login:") + 4
    lines[login] = lines[login].replace('"401": {description: no}', declared)
    (tmp_path / "openapi.yaml").write_text("\n".join(lines), "utf-8")
    with serving(Settings(tmp_path, seed=1)) as url, httpx.Client(base_url=url) as client:
        client.post("/auth/register", json={"email": "mia@example.com", "password": "right"})
        answer = client.post("/auth/login", json={"email": "mia@example.com", "password": "wrong"})
    assert answer.status_code == status
