"""The settings of a project are held to what they may be, with the place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.verify.options import with_headers, with_users
from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import Settings, Skip, load


def written(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    table = "[verify]" if name == "specdouble.toml" else "[tool.specdouble.verify]"
    (folder / name).write_text(f"{table}\n{text}\n")
    return folder


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sede = 1", "has no key `sede`: write `seed`"),
        ('login = {operaton = "x"}', "`login` has no key `operaton`: write `operation`"),
        ('reports = {htm = "x"}', "`reports` has no key `htm`: write `html`"),
        ('seed = "one"', "`seed`: Expected `int`, got `str`"),
        ("workers = 99", "`workers`: Expected `int` <= 64"),
        ('max-time = "5"', "`max_time`: Expected `float`"),
        ('phases = ["rule"]', "write one of rules, examples"),
        ('strictness = "hard"', "write one of client, contract, rfc"),
        ('strictness = {authentication = "hard"}', "write one of client, contract, rfc"),
        ('users = [{email = "a@b.example"}]', "`users[0]`: Object missing required field `name`"),
        ('skip = [{rule = "distinct_ids"}]', "`skip[0]`: Object missing required field `reason`"),
        ('skip = [{rule = "distinct_ids", reason = "  "}]', "`skip[0].reason`"),
        ('skip = [{reason = "an old server"}]', "`skip[0]` names no `rule`, `check` or `operation`"),
        ("users = [", "is not TOML"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WrongUse) as refused:
        load(written(tmp_path, text))
    assert "pyproject.toml" in str(refused.value)
    assert message in str(refused.value)


def test_settings_stand_in_a_file_of_their_own_too(tmp_path: Path) -> None:
    assert load(written(tmp_path, "seed = 7", "specdouble.toml")).seed == 7


def test_settings_in_two_files_are_refused(tmp_path: Path) -> None:
    written(tmp_path, "seed = 7", "specdouble.toml")
    with pytest.raises(WrongUse, match="keep one of them"):
        load(written(tmp_path, "seed = 8"))


def test_a_misspelt_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "specdouble.toml").write_text("[verfy]\nseed = 1\n")
    with pytest.raises(WrongUse, match="write `verify`"):
        load(tmp_path)


def test_strictness_is_one_word_or_one_for_each_check(tmp_path: Path) -> None:
    assert load(written(tmp_path, 'strictness = "rfc"')).strictness == "rfc"
    told = load(written(tmp_path, 'strictness = {default = "client", authentication = "rfc"}'))
    assert (told.strictness, dict(told.strict)) == ("client", {"authentication": "rfc"})


def test_skips_carry_their_reason(tmp_path: Path) -> None:
    told = load(written(tmp_path, 'skip = [{rule = "distinct_ids", reason = "ids are reused, by design"}]'))
    assert told.skip == (Skip("ids are reused, by design", rule="distinct_ids"),)


def test_a_secret_is_taken_from_the_environment_and_its_variable_is_remembered(tmp_path: Path) -> None:
    folder = written(tmp_path, 'headers = {X-Gateway-Key = "env:GATEWAY"}')
    told = load(folder, {"GATEWAY": "s3cret"})
    assert dict(told.headers) == {"X-Gateway-Key": "s3cret"}
    assert dict(told.sources) == {"s3cret": "GATEWAY"}


def test_of_a_secret_that_a_flag_takes_from_the_environment_the_variable_is_remembered_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ADA", "s3cret")
    monkeypatch.setenv("GATEWAY", "s4cret")
    told = with_headers(with_users(Settings(url=""), ["ada:bearer=env:ADA"]), ["X-Gateway-Key: env:GATEWAY"])
    assert dict(told.sources) == {"s3cret": "ADA", "s4cret": "GATEWAY"}
