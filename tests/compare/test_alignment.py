"""Ids, times and tokens are no differences; everything else is."""

from __future__ import annotations

from specdouble.compare.alignment import ABSENT, Alignment, unlike


def aligned() -> Alignment:
    alignment = Alignment("http://server", "http://double", {"board": "boards", "card": "cards"})
    alignment.pair("rooms", "server-id-1", "double-id-1")
    return alignment


def test_a_request_names_the_doubles_documents_on_the_double() -> None:
    sent = {"room": "server-id-1", "others": ["server-id-1", "unknown"]}
    assert aligned().translated(sent, {}) == {"room": "double-id-1", "others": ["double-id-1", "unknown"]}


def test_ids_of_the_same_document_are_the_same_in_links_too() -> None:
    alignment = aligned()
    server = alignment.plain({"self": "http://server/rooms/server-id-1"}, "server", frozenset())
    assert server == alignment.plain({"self": "http://double/rooms/double-id-1"}, "double", frozenset())


def test_times_and_what_the_server_sets_are_their_kind_alone() -> None:
    shown = {"at": "2026-05-01T09:00:00Z", "revision": 4, "note": "kept"}
    assert aligned().plain(shown, "server", frozenset({"revision"})) == {
        "at": "<time>",
        "revision": "<int>",
        "note": "kept",
    }


def test_an_id_of_another_document_is_a_difference() -> None:
    alignment = aligned()
    alignment.pair("rooms", "server-id-2", "double-id-2")
    one = alignment.plain({"room": "server-id-1"}, "server", frozenset({"room"}))
    other = alignment.plain({"room": "double-id-2"}, "double", frozenset({"room"}))
    assert list(unlike(one, other)) == [("room", "server-id-1", "server-id-2")]


def test_a_number_that_two_collections_have_as_an_id_is_the_id_of_the_one_that_it_stands_for() -> None:
    alignment = aligned()
    alignment.pair("boards", 7, 12)
    alignment.pair("cards", 7, 9)
    sent = {"board": 7, "card": 7, "seats": 7}
    assert alignment.translated(sent, alignment.kinds) == {"board": 12, "card": 9, "seats": 7}
    made = frozenset({"board"})
    assert alignment.plain(sent, "server", made) == sent
    assert alignment.plain({"board": 12, "card": 9, "seats": 7}, "double", made) == sent


def test_a_number_that_the_server_sets_is_its_kind_though_a_document_has_it_as_an_id() -> None:
    alignment = aligned()
    alignment.pair("boards", 4, 5)
    assert alignment.plain({"revision": 4}, "server", frozenset({"revision"})) == {"revision": "<int>"}


def test_an_id_of_which_nothing_tells_the_collection_is_no_difference() -> None:
    alignment = aligned()
    alignment.pair("boards", 4, 5)
    server = alignment.plain({"maker": {"id": 4}, "other_id": 4}, "server", frozenset())
    assert server == alignment.plain({"maker": {"id": 5}, "other_id": 5}, "double", frozenset())


def test_differences_are_told_by_their_path() -> None:
    one, other = {"a": {"b": [1, 2]}, "c": True}, {"a": {"b": [1, 3]}, "c": 1, "d": None}
    assert list(unlike(one, other)) == [("a.b[]", 2, 3), ("c", True, 1), ("d", ABSENT, None)]


def test_an_id_that_two_collections_have_is_the_first_ones_where_nothing_tells_which() -> None:
    alignment = aligned()
    alignment.pair("halls", "server-id-1", "double-id-9")
    assert alignment.translated("server-id-1", {}) == "double-id-1"
    assert alignment.translated({"hall": "server-id-1"}, {"hall": "halls"}) == {"hall": "double-id-9"}
