"""What the backend holds when it starts."""

from typing import Any, NamedTuple

Document = dict[str, Any]

STAMP = "2026-05-01T09:00:00.000Z"
TETHER, KERNEL = "65f000000000000000000001", "65f000000000000000000002"


class User(NamedTuple):
    id: str
    email: str
    password: str
    api_key: str
    full_name: str
    organization: str
    role: str


def _user(number: int, name: str, surname: str, organization: str, role: str) -> User:
    return User(
        id=f"65a00000000000000000000{number}",
        email=f"{name}@tether.example",
        password=f"{name}-password",
        api_key=f"key-{name}",
        full_name=f"{name.title()} {surname}",
        organization=organization,
        role=role,
    )


USERS = {
    "ada": _user(1, "ada", "Byron", TETHER, "SUPERADMIN"),
    "grace": _user(2, "grace", "Murray", TETHER, "ADMIN"),
    "linus": _user(3, "linus", "Benedict", KERNEL, "DEPARTMENT_HEAD"),
    "alan": _user(4, "alan", "Mathison", TETHER, "SALES_REP"),
}


def prompts() -> list[Document]:
    return [
        _prompt(user, number, name)
        for user in USERS.values()
        for number, name in enumerate(("Qualification", "Booking"), start=1)
    ]


def _prompt(user: User, number: int, name: str) -> Document:
    return {
        "_id": f"65b0000000000000000000{user.id[-1]}{number}",
        "name": name,
        "prompt": "Ask the lead what they need, one question at a time.",
        "description": f"{name} of new leads",
        "temperature": 0.4,
        "responseTime": 30,
        "isHidden": False,
        "tools": [],
        "toolConfigs": {},
        "organizationId": user.organization,
        "userId": user.id,
        "createdAt": STAMP,
        "updatedAt": STAMP,
    }


def pipelines() -> list[Document]:
    return [
        _pipeline(organization, number, kind)
        for organization in (TETHER, KERNEL)
        for number, kind in enumerate(("Contact", "Application"), start=1)
    ]


def _pipeline(organization: str, number: int, kind: str) -> Document:
    start = f"65c0000000000000000000{organization[-1]}{number}"
    stages = [
        {
            "_id": f"65d000000000000000000{organization[-1]}{number}{position}",
            "name": name,
            "color": "#3B82F6",
            "position": position,
            "isActive": True,
        }
        for position, name in enumerate(("New Lead", "Contacted", "Won"))
    ]
    return {
        "_id": start,
        "name": f"{kind} Pipeline",
        "description": f"The usual way of a {kind.lower()}",
        "organizationId": organization,
        "type": kind,
        "isDefault": True,
        "isActive": True,
        "pipelineStages": stages,
    }


def configurations() -> list[Document]:
    return [
        _configuration(USERS["ada"], "Website Inquiries", "active"),
        _configuration(USERS["linus"], "Mailing List", "inactive"),
    ]


def _configuration(user: User, name: str, status: str) -> Document:
    return {
        "_id": f"65e00000000000000000000{user.id[-1]}",
        "organizationId": user.organization,
        "userId": user.id,
        "configurationName": name,
        "source": "Website",
        "initialStage": "New Lead",
        "defaultProcess": f"65b0000000000000000000{user.id[-1]}1",
        "isAutopilot": True,
        "allowRecontact": False,
        "costPerLead": 4.5,
        "status": status,
        "createApplication": False,
        "forwardToOutreach": True,
        "useWorkflowOnly": False,
        "createdAt": STAMP,
        "updatedAt": STAMP,
    }
