"""The one module that talks to Label Studio: projects, tasks, annotations and accounts, over its SDK.

Every failure becomes a ``ServerError`` of one line that holds neither header nor cookie nor token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
from label_studio_sdk import LabelStudio
from label_studio_sdk.core.api_error import ApiError
from pydantic import ValidationError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

Json = Any
T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds that one request may take."""

WAIT = 0.1
"""Seconds before a request is repeated for the first time."""

PAGE = 50
"""Tasks in one request."""

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_BUSY = {429, 502, 503, 504}


class ServerError(RuntimeError):
    """Something that the server refuses, or no server; the message is one line, fit to be shown."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project.

    Attributes:
        id: its number.
        title: its name.
        description: a line about it.
        tasks: how many tasks it holds.
    """

    id: int
    title: str
    description: str
    tasks: int


class Server:
    """A Label Studio, used under one account.

    Args:
        url: where it answers.
        token: the account's token.
    """

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._shown = shown(self.url)
        # reads are repeated here, writes never after they were sent: whoever writes looks first what is there
        client = _http(self.url)
        self._sdk = LabelStudio(base_url=self.url, api_key=token, httpx_client=client, max_retries=0)  # type: ignore[no-untyped-call]

    @cached_property
    def version(self) -> str:
        """The server's version.

        Raises:
            ServerError: whatever answers there is no Label Studio.
        """
        release = self._read(self._sdk.versions.get).release
        if not isinstance(release, str):
            raise ServerError(self._stranger())
        return release

    @cached_property
    def user(self) -> int:
        """Number of the account in use."""
        return int(self._read(self._sdk.users.whoami).id)

    def users(self) -> dict[str, int]:
        """Return the number of every account by e-mail address."""
        return {str(user.email).lower(): int(user.id) for user in self._read(self._sdk.users.list)}

    def find_project(self, title: str) -> Project | None:
        """Return the project of this name, or None.

        Raises:
            ServerError: there are several, or the server can't be asked.
        """
        entries: list[Any] = self._read(lambda: list(self._sdk.projects.list(title=title, page_size=PAGE)))
        found = [entry for entry in entries if entry.title == title]
        if len(found) > 1:
            numbers = ", ".join(str(entry.id) for entry in found)
            raise ServerError(
                f"{self._shown} has {len(found)} projects called “{title}” ({numbers}): rename all but one"
            )
        return self._project(int(found[0].id)) if found else None

    def _project(self, number: int) -> Project:
        entry = self._read(lambda: self._sdk.projects.get(number))
        return Project(number, str(entry.title), str(entry.description or ""), int(entry.task_number or 0))

    def write_project(self, title: str, settings: Mapping[str, Json]) -> Project:
        """Make the project of this name, or change it where its description, which sums up the settings, is another.

        Args:
            title: the project's name.
            settings: what ``projects.create`` of the SDK takes, with a ``description``.
        """
        project = self.find_project(title)
        if project is None:
            made = self._write(lambda: self._sdk.projects.create(title=title, **settings))
            return Project(int(made.id or 0), title, settings["description"], 0)
        if project.description != settings["description"]:
            self._write(lambda: self._sdk.projects.update(project.id, **settings))
        return project

    def tasks(self, project: Project) -> Iterator[dict[str, Json]]:
        """Yield a project's tasks as a raw JSON export writes them, with the ids of the predictions."""
        emails = {number: email for email, number in self.users().items()}
        numbers = {email: number for number, email in emails.items()}
        for page in range(1, -(-project.tasks // PAGE) + 1):
            for task in self._page(project.id, page):
                drafts = [_plain(draft) for draft in task.drafts or ()]
                yield {
                    "id": int(task.id),
                    "data": task.data,
                    "annotations": [_plain(entry) for entry in task.annotations or ()],
                    "drafts": [draft | {"completed_by": numbers.get(str(draft["user"]).lower())} for draft in drafts],
                    "predictions": [_plain(entry)["id"] for entry in task.predictions or ()],
                }

    def _page(self, project: int, page: int) -> Sequence[Any]:
        listed: Any = self._read(lambda: self._sdk.tasks.list(project=project, page=page, page_size=PAGE, fields="all"))
        return listed.items or ()

    def add_tasks(self, project: Project, tasks: Sequence[Mapping[str, Json]]) -> None:
        """Import tasks, all or none of them."""
        self._write(lambda: self._sdk.projects.import_tasks(project.id, request=list(tasks)))  # type: ignore[arg-type]

    def add_prediction(self, task: int, result: Sequence[Mapping[str, Json]], version: str) -> None:
        """Give a task a pre-annotation."""
        rows = [dict(row) for row in result]
        self._write(lambda: self._sdk.predictions.create(task=task, result=rows, model_version=version))

    def annotate(self, task: int, result: Sequence[Mapping[str, Json]]) -> None:
        """Submit an annotation of a task, as the account in use."""
        rows = [dict(row) for row in result]
        self._write(lambda: self._sdk.annotations.create(task, result=rows, was_cancelled=False))

    def change_annotation(self, annotation: int, result: Sequence[Mapping[str, Json]]) -> None:
        """Give an annotation another content."""
        rows = [dict(row) for row in result]
        self._write(lambda: self._sdk.annotations.update(annotation, result=rows, was_cancelled=False))

    def invite(self) -> str:
        """Return the address at which somebody can sign up."""
        return str(self._read(self._sdk.organizations.invites.get_invite_link).invite_url)

    def sign_up(self, email: str, password: str) -> str:
        """Make an account; return its token.

        Raises:
            ServerError: the server refuses it (an account of this address is there already, say).
        """
        address = self.invite()
        with _http(self.url) as session:
            return self._write(lambda: _sign_up(session, address, email, password))

    def close_invitation(self) -> None:
        """Make the address that ``invite`` has returned worthless: it has gone into the server's log."""
        self._write(self._sdk.organizations.reset_token)

    def _read(self, call: Callable[[], T]) -> T:
        return self._ask(call, _may_read_again)

    def _write(self, call: Callable[[], T]) -> T:
        return self._ask(call, _never_arrived)

    def _ask(self, call: Callable[[], T], again: Callable[[BaseException], bool]) -> T:
        waiting = wait_exponential(multiplier=WAIT, max=1)
        try:
            return Retrying(stop=stop_after_attempt(5), wait=waiting, retry=retry_if_exception(again), reraise=True)(
                call
            )
        except ApiError as error:
            raise ServerError(self._refusal(error)) from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise ServerError(
                f"no Label Studio answers at {self._shown}: start it, or check LABEL_STUDIO_URL"
            ) from None
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise ServerError(f"Label Studio at {self._shown} broke off ({kind}): run the same command again") from None
        except (ValidationError, httpx.InvalidURL, ValueError, KeyError):
            raise ServerError(self._stranger()) from None

    def _stranger(self) -> str:
        return f"what answers at {self._shown} is no Label Studio: check LABEL_STUDIO_URL"

    def _refusal(self, error: ApiError) -> str:
        if error.status_code == httpx.codes.OK:
            return self._stranger()
        if error.status_code in (401, 403):
            return f"Label Studio at {self._shown} refuses the token: check LABEL_STUDIO_API_KEY, or stop and start it"
        detail = _detail(error.body)
        return f"Label Studio at {self._shown} answers {error.status_code}" + (f": {detail}" if detail else "")


def shown(url: str) -> str:
    """Return an address as messages show it: without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def answers(url: str) -> bool:
    """Tell whether a Label Studio is up at an address."""
    try:
        with _http(url) as session:
            reply = session.get(f"{url}/health", timeout=2)
    except httpx.HTTPError:
        return False
    return reply.status_code == httpx.codes.OK and "UP" in reply.text


def _http(url: str) -> httpx.Client:
    # a proxy from the environment must not come between us and a server on this machine
    trust = urlsplit(url).hostname not in LOOPBACK
    # nothing is kept open between requests, so a Server needs no closing
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=url, timeout=TIMEOUT, follow_redirects=True, trust_env=trust, limits=limits)


def _sign_up(session: httpx.Client, address: str, email: str, password: str) -> str:
    session.get(address).raise_for_status()
    form = {"email": email, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    session.post(address, data=form, headers={"Referer": str(session.base_url)}, follow_redirects=False)
    reply = session.get("/api/current-user/token")
    if reply.status_code != httpx.codes.OK:
        raise ApiError(status_code=400, body=f"{email} can't be signed up: there may be such an account already")
    return str(reply.json()["token"])


def _may_read_again(error: BaseException) -> bool:
    return isinstance(error, httpx.TransportError) or (isinstance(error, ApiError) and _is_busy(error))


def _never_arrived(error: BaseException) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)


def _is_busy(error: ApiError) -> bool:
    return error.status_code in _BUSY


def _detail(body: object) -> str:
    """Return what an error's body says in words, on one line, and nothing else of it."""
    text = body if isinstance(body, str) and "<" not in body else ""
    if isinstance(body, Mapping):
        reasons = body.get("validation_errors")
        text = str(reasons if isinstance(reasons, Mapping) else body.get("detail", ""))
    return " ".join(text.split())[:200]


def _plain(entry: Any) -> dict[str, Json]:
    """Return what the SDK gives as a dictionary or as a model."""
    return dict(entry) if isinstance(entry, Mapping) else dict(entry.model_dump(mode="json"))
