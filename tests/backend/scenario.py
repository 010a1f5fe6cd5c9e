"""One fixed run of requests, told so that two runs can be compared."""

import asyncio
import re
import unicodedata
from typing import Any

import httpx
import jwt

from . import seed, tokens
from .seed import USERS

LEADS = "/api/lead-management"
PIPELINES = "/api/pipelines"
PROMPT = "65b000000000000000000011"
SEEDED = f"{LEADS}/65e000000000000000000001"
MARKS = re.compile(
    r"(?!0{24})[0-9a-f]{24}"
    r"|20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    r"|eyJ[\w.-]+"
    r'|(?<="refreshToken": ")[\w-]+'
)


def configuration(name: str, **others: Any) -> dict[str, Any]:
    required = {"configurationName": name, "initialStage": "New Lead"}
    return required | {"defaultProcess": PROMPT} | others


class Teller:
    """Sends requests and keeps the answers; ids and times in order of appearance."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.told = client, list[str]()
        self._marks: dict[str, str] = {}

    async def send(
        self,
        method: str,
        path: str,
        json: Any = None,
        user: str = "ada",
        token: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        bearer = tokens.issue(USERS[user]) if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        if json is not None:
            more["json"] = json
        answer = await self.client.request(method, path, headers=headers, **more)
        kind = answer.headers["content-type"]
        challenge = answer.headers.get("www-authenticate")
        line = f"{method} {path} {answer.status_code} {kind} {challenge} {answer.text}"
        self.told.append(self._plain(line))
        return answer

    async def create(self, name: str, user: str = "ada", **others: Any) -> str:
        """Create a configuration; its path."""
        body = configuration(name, **others)
        if user != "ada":
            body["defaultProcess"] = f"65b0000000000000000000{USERS[user].id[-1]}1"
        answer = await self.send("POST", LEADS, body, user)
        data = answer.json().get("data") or {"_id": "none"}
        return f"{LEADS}/{data['_id']}"

    def _plain(self, line: str) -> str:
        line = MARKS.sub(self._mark, line)
        return re.sub(r"T\d\d:\d\d:\d\d(\.\d+)?", "T", line)

    def _mark(self, found: re.Match[str]) -> str:
        known = self._marks
        return known.setdefault(found[0], f"<{len(known)}>")


async def run(client: httpx.AsyncClient) -> list[str]:
    teller = Teller(client)
    for part in (_names, _renames, _processes, _values, _writes, _owners):
        await part(teller)
    for part in (_prompts, _pipelines, _bodies, _callers, _webhook, _race):
        await part(teller)
    return teller.told


async def _names(to: Teller) -> None:
    decomposed = unicodedata.normalize("NFD", "Ärzte")
    names = ("Sales", "SALES", " Sales ", "Ärzte", "ärzte", decomposed, "Straße")
    for name in (*names, "STRASSE", "a b", "a  b", "ABC", "A.C", "x" * 64, "x" * 65):
        await to.create(name)
    await to.create("y" * 300)
    for user in ("grace", "linus"):
        await to.create("Sales", user)
    path = await to.create("Sleeping", status="inactive")
    await to.create("sleeping")
    await to.send("GET", path)


async def _renames(to: Teller) -> None:
    path = await to.create("Before")
    for name in ("BEFORE", "After", "Sales", "Before"):
        await to.send("PUT", path, {"configurationName": name, "description": name})
    await to.create("After")
    await to.send("GET", path)


async def _processes(to: Teller) -> None:
    colleague, stranger = PROMPT[:-2] + "21", PROMPT[:-2] + "31"
    for process in ("nonsense", "f" * 24, colleague, stranger):
        await to.create("Process", defaultProcess=process)
        await to.send("PUT", SEEDED, {"defaultProcess": process, "source": "Fair"})
        await to.send("GET", SEEDED)
    await to.create("Process")


VALUES: tuple[dict[str, Any], ...] = (
    {"costPerLead": -1},
    {"costPerLead": 0, "forwardToOutreach": False, "source": ""},
    {"costPerLead": 4.555, "starterMessage": "You & me"},
    {"costPerLead": 2**40},
    {"status": "sleeping"},
    {"inboundEmail": "nobody"},
    {"description": None},
    {"isAutopilot": "true"},
    {"configurationName": " Padded "},
    {"unknown": 1, "description": "kept"},
    {"_id": "0" * 24, "userId": USERS["grace"].id, "createdAt": seed.STAMP},
    {"organizationId": seed.KERNEL, "updatedAt": seed.STAMP},
)


async def _values(to: Teller) -> None:
    for number, values in enumerate(VALUES):
        path = await to.create(f"Values {number}", **values)
        await to.send("GET", path)
        await to.send("PUT", SEEDED, {"description": "changed"} | values)
        await to.send("GET", SEEDED)
    await to.send("POST", LEADS, {"configurationName": "No stage"})
    incomplete = {"configurationName": "No stage", "defaultProcess": PROMPT}
    await to.send("POST", LEADS, incomplete)


async def _writes(to: Teller) -> None:
    path = await to.create("Written", description="First", isAutopilot=True)
    for body in ({"isAutopilot": False}, {"pipelineStage": "Won"}, {"costPerLead": -5}):
        await to.send("PUT", path, {"source": "Fair"} | body)
        await to.send("GET", path)
        await to.send("GET", path)
    again = await to.create("Written")
    await to.send("PUT", again, {})


async def _owners(to: Teller) -> None:
    for user in ("grace", "linus"):
        await to.send("GET", SEEDED, user=user)
        await to.send("PUT", SEEDED, {"description": user}, user)
    await to.send("GET", f"{LEADS}/nonsense")


async def _prompts(to: Teller) -> None:
    hidden = {"name": "Hidden", "isHidden": True, "userId": USERS["grace"].id}
    created = await to.send("POST", "/api/prompts/create", hidden)
    path = f"/api/prompts/{created.json().get('prompt', {}).get('_id')}"
    await to.send("PUT", path, {"prompt": "Text"})
    await to.send("PUT", path, {"temperature": 0.5})
    await to.send("PUT", path, {"temperature": 1.5})
    await to.send("PUT", path, {"temperature": 0.6}, "grace")
    for number in range(10):
        await to.send("POST", "/api/prompts/create", {"name": f"Prompt {number}"})
    await to.send("GET", "/api/prompts/user")


async def _pipelines(to: Teller) -> None:
    await to.send("GET", PIPELINES, params={"type": "Application"})
    stages = [{"name": "One"}, {"name": "Two"}]
    body = {"name": " Mine ", "pipelineStages": stages}
    created = await to.send("POST", PIPELINES, body)
    pipeline = created.json().get("pipeline") or {"_id": "", "pipelineStages": [{}]}
    known = {"pipelineId": pipeline["_id"]}
    await to.send("POST", PIPELINES, {"name": "Mine"})
    await to.send("POST", PIPELINES, {"name": "Mine"}, "linus")
    await to.send("POST", PIPELINES, {"name": "Sold"}, "alan")
    kept = {"pipelineStages": pipeline["pipelineStages"][:1]}
    await to.send("POST", PIPELINES, {"name": "Mine"} | known | kept)
    await to.send("POST", PIPELINES, {"name": "Contact Pipeline"} | known)
    await to.send("GET", PIPELINES, params=known, user="linus")
    await to.send("POST", PIPELINES, {"name": "Stolen"} | known, "linus")
    await to.send("GET", PIPELINES, params=known)


async def _bodies(to: Teller) -> None:
    json = {"Content-Type": "application/json"}
    teller_token = {"Authorization": f"Bearer {tokens.issue(USERS['ada'])}"}
    answer = await to.client.post(LEADS, content="{", headers=json | teller_token)
    to.told.append(f"{answer.status_code} {answer.text}")


async def _callers(to: Teller) -> None:
    claims = {"userId": USERS["ada"].id, "exp": 4_000_000_000}
    past = claims | {"exp": 1_000_000_000}
    forged = jwt.encode(claims, "another secret, as long as it has to be", "HS256")
    expired = jwt.encode(past, tokens.SECRET, "HS256")
    unsigned = jwt.encode(claims, "", "none")
    for token in ("", "nonsense", forged, expired, unsigned):
        await to.send("GET", "/api/auth/verify-token", token=token)
    for password in ("ada-password", "guess"):
        login = {"email": "ada@tether.example", "password": password}
        await to.send("POST", "/api/auth/login", login, token="")


async def _webhook(to: Teller) -> None:
    asleep = await to.create("Asleep", status="inactive")
    awake = await to.create("Awake")
    for path in (asleep, awake):
        for key in ("key-ada", "key-grace", "key-linus", "nonsense"):
            lead = {"configurationId": path.split("/")[-1], "phoneNumber": "+1555"}
            await to.send("POST", "/api/webhook/outreach", lead, token=key)


async def _race(to: Teller) -> None:
    token = {"Authorization": f"Bearer {tokens.issue(USERS['ada'])}"}
    body = configuration("Contested")
    answers = await asyncio.gather(*(to.client.post(LEADS, json=body, headers=token) for _ in range(8)))
    to.told.append(str(sorted(answer.status_code for answer in answers)))
