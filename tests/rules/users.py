"""Users are created elsewhere; what a sign-in shows of them holds the rules of their collection."""

from specdouble.contract.token_claims import token_claims
from specdouble.verify import Broken, NotExercised, Trial, rule

LOGIN = "post_auth_login"


def _signed_in(trial: Trial) -> list[tuple[str, str, dict[str, str]]]:
    """The name, the token, and what is shown of each user who signs in."""
    found = []
    for user in trial.users:
        if user.account.login:
            answer = trial.call(LOGIN, body=dict(user.account.login))
            shown = answer.at(("user",))
            if not isinstance(shown, dict):
                raise NotExercised("a sign-in shows no user")
            found.append((user.name, str(answer.at(("token",))), shown))
    if len(found) < 2:
        raise NotExercised("needs two users who sign in")
    return found


@rule("no two users share an address, and each signs in with their own", of="unique:users.email")
def addresses_are_unique(trial: Trial) -> None:
    found = _signed_in(trial)
    addresses = [shown["email"].strip().casefold() for _, _, shown in found]
    if len(set(addresses)) < len(addresses) or len({shown["id"] for _, _, shown in found}) < len(found):
        raise Broken("each address to be one user's", f"they are {addresses}")
    sent = [str(user.account.login["email"]).strip().casefold() for user in trial.users if user.account.login]
    if addresses != sent:
        raise Broken("the user whose address was sent", f"for {sent} it is {addresses}")


@rule("an id that a client sends at sign-in has no effect", of="readOnly:users.id")
def id_is_the_servers(trial: Trial) -> None:
    (_, _, ada), (_, _, grace), *_ = _signed_in(trial)
    login = next(dict(user.account.login) for user in trial.users if user.account.login)
    answer = trial.call(LOGIN, body={**login, "id": grace["id"]})
    if answer.ok and answer.at(("user", "id")) != ada["id"]:
        raise Broken(f"the user {ada['id']}", f"the answer shows {answer.at(('user', 'id'))}")


@rule("a sign-in shows the user's own organization, as the token says", of="tenant:users.organizationId")
def organization_is_the_users(trial: Trial) -> None:
    for name, token, shown in _signed_in(trial):
        claims = token_claims(token)
        if (claims.get("userId"), claims.get("organizationId")) != (shown["id"], shown["organizationId"]):
            raise Broken(f"{name}'s token to name the user and organization shown", "they differ")
