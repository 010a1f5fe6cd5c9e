"""What is remembered of requests with an idempotency key is bounded, and each world has its own."""

from __future__ import annotations

from specdouble.double.state.answered import AnsweredInWorld, AnsweredRequests, Place


def place(number: int, key: str = "key") -> Place:
    return "create", "None", f"{key} {number}"


def test_the_oldest_answers_leave_where_there_are_too_many() -> None:
    world = AnsweredInWorld("one", AnsweredRequests(most=3))
    for number in range(5):
        world.keep(place(number), ("sent", ({"id": number}, 201, {})))
    assert [world.get(place(number)) is not None for number in range(5)] == [False, False, True, True, True]


def test_the_oldest_answers_leave_where_they_take_too_much_and_the_last_one_stays() -> None:
    world = AnsweredInWorld("one", AnsweredRequests(most_bytes=10_000))
    for number, length in enumerate([4000, 4000, 4000, 50_000]):
        world.keep(place(number), ("sent", ({"text": "x" * length}, 201, {})))
        kept = [number for number in range(4) if world.get(place(number))]
        assert kept == ([3] if number == 3 else [0, 1, 2][max(0, number - 1) : number + 1])


def test_a_long_key_counts_as_what_it_takes() -> None:
    world = AnsweredInWorld("one", AnsweredRequests(most_bytes=10_000))
    for number in range(3):
        world.keep(place(number, "k" * 6000), ("sent", ({}, 201, {})))
    assert [world.get(place(number, "k" * 6000)) is not None for number in range(3)] == [False, False, True]


def test_a_world_forgets_its_own_answers_alone() -> None:
    answers = AnsweredRequests()
    one, other = AnsweredInWorld("one", answers), AnsweredInWorld("other", answers)
    for world in (one, other):
        world.keep(place(1), ("sent", ({}, 201, {})))
    one.clear()
    assert one.get(place(1)) is None
    assert other.get(place(1)) == ("sent", ({}, 201, {}))


def test_an_answer_that_is_kept_again_is_counted_once() -> None:
    world = AnsweredInWorld("one", AnsweredRequests(most_bytes=10_000))
    for _ in range(10):
        world.keep(place(1), ("sent", ({"text": "x" * 4000}, 201, {})))
    world.keep(place(2), ("sent", ({"text": "x" * 4000}, 201, {})))
    assert world.get(place(1)) is not None
