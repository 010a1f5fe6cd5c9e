"""Realistic values: by the format of a schema, and by the name of the property."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mimesis import Address, Finance, Person

_SENTENCES = (
    "Delivered on time and in good order.",
    "Please call before noon.",
    "A short summary of what was agreed.",
    "Checked twice, nothing to add.",
    "The first of three parts.",
    "Everything is ready for the review.",
    "Moved to next week at their request.",
    "Works as described.",
)
_WORDS = (
    "harbor", "maple", "signal", "copper", "meadow", "lantern", "orbit", "pepper", "summit", "velvet",
    "anchor", "breeze", "cobalt", "ember", "falcon", "garnet", "hazel", "indigo", "juniper", "kestrel",
)  # fmt: skip
_EPOCH = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


class Wording:
    """Words, names, places, dates: all from one source of chance."""

    def __init__(self) -> None:
        self.begin(Random(0))

    def begin(self, random: Random) -> None:
        """Draw from this source from now on."""
        self._random = random
        self._seeds = [random.getrandbits(32) for _ in range(3)]
        self._is_seeded = False

    @cached_property
    def _providers(self) -> tuple[Person, Address, Finance]:
        # Imported when the first name is wanted: many a contract's samples are all its own examples.
        from mimesis import Address, Finance, Person
        from mimesis.locales import Locale

        return Person(Locale.EN), Address(Locale.EN), Finance(Locale.EN)

    def _seeded(self) -> tuple[Person, Address, Finance]:
        if not self._is_seeded:
            for provider, seed in zip(self._providers, self._seeds, strict=True):
                provider.reseed(seed)
            self._is_seeded = True
        return self._providers

    @property
    def _person(self) -> Person:
        return self._seeded()[0]

    @property
    def _address(self) -> Address:
        return self._seeded()[1]

    @property
    def _finance(self) -> Finance:
        return self._seeded()[2]

    def word(self) -> str:
        """A plain word."""
        return self._random.choice(_WORDS)

    def formatted(self, form: str, least: int = 0, most: int | None = None) -> str | None:
        """A text of a format of JSON Schema or OpenAPI; None for a format that says nothing of the text.

        Args:
            form: the format.
            least: the fewest characters, which a format may be unable to honour.
            most: the most characters.
        """
        write = _FORMATS.get(form)
        if write is None:
            return None
        text = write(self)
        if form == "date-time":
            variants = (text, text[:-1] + ".000Z", text[:-1] + "+00:00", text[:-1] + ".000+00:00")
            return next((one for one in variants if least <= len(one) and (most is None or len(one) <= most)), text)
        if len(text) < least and form in ("email", "idn-email", "byte", "binary", "password"):
            return (self._random.choice("abc") * (least - len(text))) + text
        return text + "/" + "a" * (least - len(text)) if len(text) < least and form in _ADDRESSES else text

    def named(self, name: str) -> str:
        """A text as a property of this name would hold."""
        words = split(name)
        for suffix in (words[-3:], words[-2:], words[-1:]):
            write = _NAMES.get("".join(suffix))
            if write is not None:
                return write(self)
        return _stamp(self) if len(words) > 1 and words[-1] == "at" else self.word()

    def number(self, name: str) -> float | int | None:
        """A number as a property of this name would hold; None where the name says nothing."""
        words = split(name)
        is_moment = len(words) > 1 and words[-1] in ("at", "date")
        found = (_NUMBERS.get("".join(suffix)) for suffix in (words[-2:], words[-1:]))
        write = next((one for one in found if one is not None), _seconds if is_moment else None)
        return None if write is None else write(self._random)

    def moment(self) -> datetime:
        """A time in the first half of 2026."""
        return _EPOCH + timedelta(minutes=self._random.randrange(150 * 24 * 60))

    def email(self) -> str:
        """An address that reaches nobody (RFC 2606)."""
        return f"{self._person.first_name()}.{self._person.last_name()}@example.com".lower().replace(" ", "")

    def url(self) -> str:
        """An address of the web."""
        return f"https://www.example.com/{self.word()}"

    def uuid(self) -> str:
        """A UUID of version 4."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def digits(self, count: int) -> str:
        """A number of that many digits, as text."""
        return "".join(str(self._random.randrange(10)) for _ in range(count))


def split(name: str) -> list[str]:
    """`createdAt`, `created_at` and `CREATED-AT` are `created`, `at`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word] or [""]


def _stamp(wording: Wording) -> str:
    return wording.moment().strftime("%Y-%m-%dT%H:%M:%SZ")


_FORMATS: dict[str, Callable[[Wording], str]] = {
    "date-time": _stamp,
    "date": lambda wording: wording.moment().strftime("%Y-%m-%d"),
    "time": lambda wording: wording.moment().strftime("%H:%M:%SZ"),
    "duration": lambda wording: f"P{wording._random.randint(1, 9)}D",
    "email": Wording.email,
    "idn-email": Wording.email,
    "hostname": lambda wording: f"{wording.word()}.example.com",
    "idn-hostname": lambda wording: f"{wording.word()}.example.com",
    "ipv4": lambda wording: f"192.0.2.{wording._random.randint(1, 254)}",
    "ip": lambda wording: f"192.0.2.{wording._random.randint(1, 254)}",
    "ipv6": lambda wording: f"2001:db8::{wording._random.randint(1, 9999)}",
    "uri": Wording.url,
    "url": Wording.url,
    "iri": Wording.url,
    "uri-reference": lambda wording: f"/{wording.word()}",
    "iri-reference": lambda wording: f"/{wording.word()}",
    "uri-template": lambda wording: f"/{wording.word()}/{{id}}",
    "uuid": Wording.uuid,
    "byte": lambda _wording: "c2FtcGxl",
    "binary": lambda _wording: "sample",
    "json-pointer": lambda wording: f"/{wording.word()}",
    "relative-json-pointer": lambda _wording: "0",
    "regex": lambda _wording: "^[a-z]+$",
    "password": lambda wording: f"{wording.word()}-{wording.digits(4)}",
    "phone": lambda wording: f"+1-555-01{wording.digits(2)}",
}


_ADDRESSES = ("uri", "url", "iri", "uri-reference", "iri-reference")


def _alike(write: Callable[[Wording], str], *names: str) -> dict[str, Callable[[Wording], str]]:
    return dict.fromkeys(names, write)


_NAMES: dict[str, Callable[[Wording], str]] = {
    **_alike(Wording.email, "email", "mail", "emailaddress"),
    **_alike(lambda wording: wording._person.first_name(), "firstname", "givenname", "forename"),
    **_alike(lambda wording: wording._person.last_name(), "lastname", "surname", "familyname"),
    **_alike(lambda wording: wording._person.full_name(), "fullname", "displayname", "author", "owner", "contact"),
    **_alike(lambda wording: f"{wording.word()}{wording.digits(2)}", "username", "login", "user", "nickname", "handle"),
    **_alike(lambda wording: f"+1-555-01{wording.digits(2)}", "phone", "phonenumber", "mobile", "fax", "telephone"),
    **_alike(lambda wording: wording._address.city(), "city", "town", "locality"),
    **_alike(lambda wording: wording._address.country(), "country", "countryname"),
    **_alike(lambda wording: wording._address.country_code(), "countrycode"),
    **_alike(lambda wording: wording._address.state(), "region", "province"),
    **_alike(lambda wording: wording._address.address(), "street", "address", "address1", "addressline1", "line1"),
    **_alike(lambda wording: wording.digits(5), "zip", "zipcode", "postcode", "postalcode"),
    **_alike(lambda wording: wording._finance.company(), "company", "companyname", "organization", "organisation"),
    **_alike(lambda wording: wording._person.occupation(), "job", "jobtitle", "occupation"),
    **_alike(
        lambda wording: wording._random.choice(_SENTENCES),
        "description",
        "comment",
        "text",
        "message",
        "body",
        "content",
        "summary",
        "note",
        "notes",
        "bio",
        "about",
        "detail",
        "details",
        "reason",
    ),
    **_alike(lambda wording: wording.word().title(), "name", "title", "label", "subject", "headline"),
    **_alike(Wording.url, "url", "uri", "href", "link", "website", "homepage", "avatar", "image", "photo", "photourl"),
    **_alike(_stamp, "createdat", "updatedat", "modifiedat", "deletedat", "timestamp", "datetime"),
    **_alike(lambda wording: wording.moment().strftime("%Y-%m-%d"), "date", "birthday", "birthdate", "dateofbirth"),
    **_alike(lambda _wording: "USD", "currency", "currencycode"),
    **_alike(lambda _wording: "en", "language", "lang", "languagecode"),
    **_alike(lambda _wording: "en-US", "locale"),
    **_alike(lambda _wording: "Europe/Berlin", "timezone", "tz"),
    **_alike(lambda wording: f"#{wording._random.randrange(1 << 24):06x}", "color", "colour"),
    **_alike(lambda wording: f"{wording.word()}-{wording.digits(2)}", "slug", "key", "code", "sku"),
    **_alike(lambda wording: f"{wording._random.getrandbits(96):024x}", "token", "hash", "checksum", "etag", "secret"),
    **_alike(lambda wording: f"192.0.2.{wording._random.randint(1, 254)}", "ip", "ipaddress"),
    **_alike(Wording.uuid, "uuid", "guid"),
    **_alike(lambda wording: wording.digits(6), "id"),
    **_alike(lambda _wording: "application/json", "contenttype", "mimetype", "mediatype"),
    **_alike(lambda _wording: "1.0.0", "version"),
    **_alike(lambda _wording: "active", "status", "state"),
}


def _seconds(random: Random) -> int:
    """A moment in seconds since 1970."""
    return int(_EPOCH.timestamp()) + random.randrange(150 * 86400)


_NUMBERS: dict[str, Callable[[Random], Any]] = {
    "age": lambda random: random.randint(18, 80),
    "year": lambda random: random.randint(2015, 2026),
    "month": lambda random: random.randint(1, 12),
    "day": lambda random: random.randint(1, 28),
    "price": lambda random: round(random.uniform(5, 250), 2),
    "cost": lambda random: round(random.uniform(5, 250), 2),
    "amount": lambda random: round(random.uniform(5, 250), 2),
    "total": lambda random: random.randint(1, 100),
    "latitude": lambda random: round(random.uniform(-60, 60), 5),
    "lat": lambda random: round(random.uniform(-60, 60), 5),
    "longitude": lambda random: round(random.uniform(-170, 170), 5),
    "lng": lambda random: round(random.uniform(-170, 170), 5),
    "lon": lambda random: round(random.uniform(-170, 170), 5),
    "percent": lambda random: random.randint(0, 100),
    "percentage": lambda random: random.randint(0, 100),
    "httpstatus": lambda _random: 200,
    "statuscode": lambda _random: 200,
    **dict.fromkeys(("quantity", "qty", "stock", "count"), lambda random: random.randint(1, 100)),
    "rating": lambda random: random.randint(1, 5),
    "port": lambda random: random.randint(1024, 49151),
    "timestamp": _seconds,
    "created": _seconds,
    "updated": _seconds,
}
