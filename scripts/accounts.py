"""Accounts on a Label Studio server: passwords and tokens, in one file of mode 600 for each server and nowhere else."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.jsonfile import dump_json, read_json
from chipstance.label_studio import Server, ServerError

ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of one server that this checkout knows: name to email, password, token."""

    path: Path

    def read(self) -> dict[str, dict[str, str]]:
        """Return what is known."""
        return dict(read_json(self.path)) if self.path.is_file() else {}

    def add(self, name: str, entry: Mapping[str, str]) -> None:
        """Keep an account, in a file that only its owner can read."""
        write_secret(self.path, dump_json(self.read() | {name: dict(entry)}))

    def email(self, name: str) -> str:
        """Return an annotator's e-mail address: the one kept, else the one that ``account`` gives."""
        return self.read().get(name, {}).get("email") or address(name)


@dataclass(frozen=True, slots=True)
class Connection:
    """A server, and what opens it.

    Attributes:
        url: where it answers.
        token: of the account that manages projects.
        accounts: the annotators' accounts.
        own: whether ``start`` has started it.
    """

    url: str
    token: str
    accounts: Accounts
    own: bool

    def server(self) -> Server:
        """Return the server as its manager uses it."""
        return Server(self.url, self.token)

    def server_as(self, name: str) -> Server:
        """Return the server as an annotator uses it.

        Raises:
            ServerError: no token of this annotator is kept here.
        """
        token = self.accounts.read().get(name, {}).get("token")
        if not token:
            raise ServerError(f"no token of {name} is kept here: run scripts/label_studio.py account {name}")
        return Server(self.url, token)


def address(name: str) -> str:
    """Return the e-mail address of an account that is made here; no mail is ever sent."""
    return f"{name}@chipstance.invalid"


def write_secret(path: Path, text: str) -> None:
    """Write a file that nobody else may read, all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def accounts_of(checkout: Checkout, server: str) -> Accounts:
    """Return the accounts of a server, told by its data folder or its address."""
    slug = re.sub("[^a-z0-9]+", "-", server.lower()).strip("-")[-40:]
    return Accounts(checkout.label_studio / "accounts" / f"{slug}-{sha256(server)[:8]}.json")
