"""The mutants that contracts imply."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Double, Settings
from specdouble.double.factories import Factories
from specdouble.double.server import Server
from specdouble.prove.campaign import sample
from specdouble.prove.fault import Mutant
from specdouble.prove.mutants import mutants_of
from specdouble.prove.project import WrongMutant, project_mutants
from tests.prove.expected import FITTING

ROOT = Path(__file__).parents[2]
CONTRACTS = Path(__file__).parent / "contracts"
PROJECTS = {"root": ROOT, "orders": CONTRACTS / "orders", "catalog": CONTRACTS / "catalog"}
PROJECTS |= {"tracker": ROOT / "tests" / "tracker"}
PROJECTS |= {"starter": ROOT / "specdouble" / "project" / "templates" / "openapi.yaml"}

# What issue 6 asks for at least; each must be made of one of the three contracts.
WANTED = [
    "unique.dropped",
    "unique.case-not-ignored",
    "unique.space-not-ignored",
    "unique.not-normalised",
    "unique.case-lowered-not-folded",
    "unique.scope-dropped",
    "unique.scope-widened",
    "unique.scope-narrowed-*",
    "unique.unchecked-on-update",
    "unique.self-conflict",
    "unique.not-freed-by-rename",
    "unique.not-freed-by-delete",
    "unique.not-atomic",
    "references.dropped",
    "references.unchecked-on-update",
    "references.checked-after-the-write",
    "owner.unchecked",
    "tenant.unchecked",
    "tenant.open-to-all",
    "default.missing",
    "default.wrong",
    "default.applied-on-update",
    "readOnly.from-client-on-create",
    "readOnly.from-client-on-update",
    "immutable.unchecked",
    "transitions.forbidden-allowed",
    "transitions.allowed-refused",
    "timestamp.not-moved",
    "timestamp.moved",
    "timestamp.without-zone",
    "write.update-wipes-others",
    "trace.refused-update-done-in-part",
    "trace.invalid-create-stored",
    "write.create-not-stored",
    "write.update-not-stored",
    "read.another",
    "list.loses-one",
    "list.doubles-one",
    "response.property-missing",
    "response.null",
    "response.wrong-type",
    "response.outside-enum",
    "response.success-status",
    "response.undocumented-status",
    "response.error-shape",
    "response.content-type",
    "authentication.skipped",
    "authentication.expired-accepted",
    "authentication.wrong-signature-accepted",
    "crash.non-ascii",
    "crash.empty",
    "crash.long",
    "request.minimum-off-by-one",
    "request.not-required",
]


@pytest.fixture(scope="module")
def mutants() -> dict[str, list[Mutant]]:
    """The mutants of each project."""
    return {name: project_mutants(path, mutants_of(read(path))) for name, path in PROJECTS.items()}


def test_the_reference_project_has_more_than_sixty_mutants_that_can_be_seen(mutants: dict[str, list[Mutant]]) -> None:
    assert len([one for one in mutants["root"] if not one.equivalent]) > 300


@pytest.mark.parametrize("kind", WANTED)
def test_every_fault_that_is_asked_for_is_made(kind: str, mutants: dict[str, list[Mutant]]) -> None:
    made = {one.kind for found in mutants.values() for one in found if not one.equivalent}
    assert any(fnmatchcase(one, kind) for one in made)


@pytest.mark.parametrize("name", PROJECTS)
def test_a_mutant_has_an_id_of_its_own_and_a_sentence(name: str, mutants: dict[str, list[Mutant]]) -> None:
    found = mutants[name]
    assert len({one.id for one in found}) == len(found)
    assert all(one.sentence.endswith(".") and one.concerns for one in found)


@pytest.mark.parametrize("name", PROJECTS)
def test_the_table_knows_what_fits_every_fault(name: str, mutants: dict[str, list[Mutant]]) -> None:
    unknown = {one.kind for one in mutants[name] if one.kind != "custom"}
    assert {kind for kind in unknown if not any(fnmatchcase(kind, pattern) for pattern in FITTING)} == set()


SMALL = {"catalog", "orders"}  # the others have hundreds of faults


@pytest.mark.parametrize(
    "name", [one if one in SMALL else pytest.param(one, marks=pytest.mark.slow) for one in PROJECTS]
)
def test_a_double_can_be_made_with_each_of_the_faults(name: str, mutants: dict[str, list[Mutant]]) -> None:
    for mutant in mutants[name][::5]:
        Double(Settings(PROJECTS[name]), mutant.change(Factories()))


def test_rules_that_no_request_reaches_make_equivalent_mutants(mutants: dict[str, list[Mutant]]) -> None:
    found = {one.id: one.equivalent for one in mutants["root"]}
    assert "no operation creates or changes documents of users" in found["unique.dropped:users.email"]
    assert "userId is checked too" in found["tenant.unchecked:get_lead_management_by_id.organizationId"]


def test_a_project_argues_for_what_its_own_code_makes_good(mutants: dict[str, list[Mutant]]) -> None:
    found = {one.id: one.equivalent for one in mutants["root"]}
    assert "trims" in found["unique.space-not-ignored:pipelines.name"]


def test_a_project_adds_mutants_of_its_own(mutants: dict[str, list[Mutant]]) -> None:
    own = {one.id: one for one in mutants["root"] if one.kind == "custom"}
    mutant = own["custom:webhook-accepts-an-inactive-configuration"]
    assert mutant.sentence == "An inactive configuration takes leads."
    assert mutant.concerns == ("custom:inactive_takes_no_leads",)


def test_an_argument_for_a_mutant_that_there_is_not_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "mutants"
    folder.mkdir(parents=True)
    (folder / "own.py").write_text("from specdouble.prove import equivalent\nequivalent('unique.dropped:x.y', 'no')\n")
    with pytest.raises(WrongMutant, match=r"names the mutant `unique.dropped:x.y`"):
        project_mutants(tmp_path, [])


def test_a_sample_is_spread_over_the_kinds_and_repeats(mutants: dict[str, list[Mutant]]) -> None:
    one, again, other = (sample(mutants["root"], 20, seed) for seed in (1, 1, 2))
    assert [mutant.id for mutant in one] == [mutant.id for mutant in again] != [mutant.id for mutant in other]
    assert len({mutant.kind.partition(".")[0] for mutant in one}) >= 12
    assert not any(mutant.equivalent for mutant in one)


@pytest.mark.parametrize(
    ("project", "id", "reason"),
    [
        ("catalog", "request.type-unchecked:createProduct.categoryId", "names a document by a number"),
        ("catalog", "request.type-unchecked:replaceProduct.categoryId", "names a document by a number"),
        ("catalog", "request.enum-unchecked:replaceProduct.phase", "no change leads from a phase"),
        ("catalog", "request.pattern-unchecked:replaceProduct.sku", "cannot be changed"),
        ("orders", "request.enum-unchecked:changeOrder.currency", "no change leads from a currency"),
        ("starter", "request.enum-unchecked:replaceBook.status", "no change leads from a status"),
        ("starter", "trace.invalid-create-stored:createAuthor", "asks for every property that it takes"),
    ],
)
def test_a_fault_that_something_else_makes_good_is_equivalent(
    project: str, id: str, reason: str, mutants: dict[str, list[Mutant]]
) -> None:
    assert reason in {one.id: one.equivalent for one in mutants[project]}[id]


def test_a_value_outside_the_enum_is_seen_where_a_document_may_have_none(tmp_path: Path) -> None:
    contract = (CONTRACTS / "catalog" / "openapi.yaml").read_text()
    (tmp_path / "openapi.yaml").write_text(contract.replace("price, phase]", "price]").replace(", default: new", ""))
    found = {one.id: one.equivalent for one in mutants_of(read(tmp_path))}
    assert found["request.enum-unchecked:replaceProduct.phase"] == ""
    assert found["request.type-unchecked:replaceProduct.price"] == ""


def test_no_request_is_broken_by_what_the_server_alone_sets(mutants: dict[str, list[Mutant]]) -> None:
    targets = {one.id.partition(":")[2] for one in mutants["starter"] if one.kind.startswith(("crash.", "request."))}
    assert "createAuthor.name" in targets
    assert "createAuthor.id" not in targets


def test_documents_whose_id_the_server_sets_are_changed_by_no_create(mutants: dict[str, list[Mutant]]) -> None:
    found = {one.id for one in mutants["starter"]}
    assert "programs.changed-twice-unlisted:listBooks" in found
    assert "programs.changed-twice-unlisted:listAuthors" not in found


def test_a_time_in_another_form_is_answered_as_it_is(mutants: dict[str, list[Mutant]]) -> None:
    mutant = next(one for one in mutants["catalog"] if one.id == "timestamp.date-alone:products.changedAt")
    double = Double(Settings(PROJECTS["catalog"]), mutant.change(Factories()))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url) as client:
        category = client.post("/categories", json={"title": "Tools"}).json()["id"]
        body = {"sku": "SAW-1", "name": "Saw", "categoryId": category, "price": 1}
        product = client.post("/products", json=body).json()
        shown = [product, *client.get("/products").json(), client.get(f"/products/{product['id']}").json()]
    assert {len(one["changedAt"]) for one in shown} == {len("2026-01-02")}


def test_a_reference_of_the_path_alone_is_asked_for_before_its_rule_and_one_of_a_body_is_not(
    mutants: dict[str, list[Mutant]],
) -> None:
    found = {one.id: one.equivalent for one in mutants["tracker"]}
    assert "of the path alone" in found["references.dropped:tasks.projectId"]
    assert found["references.dropped:tasks.parentId"] == ""


def test_a_reference_of_the_path_that_a_body_may_name_as_well_is_asked_for_by_its_rule(tmp_path: Path) -> None:
    contract = (PROJECTS["tracker"] / "openapi.yaml").read_text()
    own = "        parentId: {type: [integer, 'null'], description: A task of the same project}\n"
    taken = contract.replace(own, f"{own}        projectId: {{type: string, format: uuid}}\n")
    (tmp_path / "openapi.yaml").write_text(taken.replace("format: uuid, readOnly: true, x-r", "format: uuid, x-r"))
    found = {one.id: one.equivalent for one in mutants_of(read(tmp_path))}
    assert found["references.dropped:tasks.projectId"] == ""
