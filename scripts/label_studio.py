"""Run a Label Studio on this machine for annotation rounds, and make accounts on it.

The server gets an environment of its own in ``.label-studio/`` (its dependencies are older than ours), listens on
127.0.0.1 only, and keeps everything in a folder that Git ignores. A server elsewhere is used instead where
``LABEL_STUDIO_URL`` and ``LABEL_STUDIO_API_KEY`` are set. Passwords and tokens stand in one file of mode 600 under
``.label-studio/accounts/``, and nowhere else.

Exit status: 0 done, 1 the server can't or won't, 2 wrong usage.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from accounts import ADMIN, Connection, accounts_of, address, write_secret
from chipstance.digests import sha256
from chipstance.folders import Checkout, find_checkout
from chipstance.jsonfile import dump_json, read_json
from chipstance.label_studio import Server, ServerError, answers, shown

HOME = Checkout(Path(__file__).resolve().parents[1])
CONSTRAINTS = HOME.root / "constraints-label-studio.txt"
VENV = HOME.label_studio / "venv"
TEMPLATE = HOME.label_studio / "template"
READY = HOME.label_studio / "ready"
DATABASE = "label_studio.sqlite3"
START_SECONDS, STOP_SECONDS = 180, 15

console = Console(stderr=True, highlight=False, soft_wrap=True)


def here() -> Checkout:
    """Return the checkout that the command runs in."""
    checkout = find_checkout(Path.cwd())
    if checkout is None:
        raise typer.BadParameter("no checkout here: run this where annotations/articles.json is")
    return checkout


def connect(checkout: Checkout) -> Connection:
    """Return the server to use: that of the environment, else the one that ``start`` has started."""
    url, token = os.environ.get("LABEL_STUDIO_URL", "").rstrip("/"), os.environ.get("LABEL_STUDIO_API_KEY", "")
    if url and not token:
        raise typer.BadParameter("LABEL_STUDIO_URL is set, LABEL_STUDIO_API_KEY is not: set both, or none")
    if url:
        if not re.match(r"https?://[^/]", url):
            raise typer.BadParameter("LABEL_STUDIO_URL is no web address: it begins with http:// or https://")
        return Connection(url, token, accounts_of(checkout, shown(url)), own=False)
    running = Running.of(checkout)
    if running is None:
        raise ServerError("no Label Studio runs here: start it with scripts/label_studio.py start")
    accounts = accounts_of(checkout, running.data)
    return Connection(running.url, accounts.read()[ADMIN]["token"], accounts, own=True)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that ``start`` has started.

    Attributes:
        pid: its process, which leads a group.
        port: where it listens on 127.0.0.1.
        data: its data folder.
    """

    pid: int
    port: int
    data: str

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @staticmethod
    def path(checkout: Checkout) -> Path:
        """Where it is written down."""
        return checkout.label_studio / "server.json"

    @classmethod
    def of(cls, checkout: Checkout) -> Running | None:
        """Return the checkout's server where its process lives."""
        path = cls.path(checkout)
        found = cls(**read_json(path)) if path.is_file() else None
        return found if found and found.lives() else None

    def lives(self) -> bool:
        """Tell whether the process is there and is ours: a number may have gone to another process."""
        command = ["ps", "-ww", "-o", "command=", "-p", str(self.pid)]
        line = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
        return "label-studio" in line and f"-p {self.port}" in line


def environment(data: Path, admin: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a server: it reads bare names like HOST and DEBUG, so it inherits nothing."""
    return {
        "HOME": str(data),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_SENTRY_DSN": "",
    } | {f"LABEL_STUDIO_{key}": value for key, value in admin.items()}


def program() -> list[str]:
    """Return the command of the server's own environment."""
    return [str(VENV / "bin" / "python"), str(VENV / "bin" / "label-studio")]


@contextmanager
def spinner(words: str) -> Iterator[None]:
    """Show that something takes its time."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(words, total=None)
        yield


def prepare_environment() -> None:
    """Make the server's environment and an empty, migrated database, where they are not there yet.

    Raises:
        ServerError: something can't be installed.
    """
    wanted = sha256(CONSTRAINTS.read_bytes())
    if READY.is_file() and READY.read_text("utf-8").strip() == wanted:
        return
    READY.unlink(missing_ok=True)
    shutil.rmtree(TEMPLATE, ignore_errors=True)
    uv = [sys.executable, "-m", "uv"]
    with spinner("Label Studio's own environment (once, 800 MB)"):
        run([*uv, "venv", "-q", "--clear", "--python", sys.executable, str(VENV)])
        run([*uv, "pip", "install", "-q", "--python", str(VENV / "bin" / "python"), "-r", str(CONSTRAINTS)])
    with spinner("an empty database (once, half a minute)"):
        TEMPLATE.mkdir(parents=True)
        run([*program(), "version"], environment(TEMPLATE, {}))  # migrates, and starts no server
    READY.write_text(wanted + "\n", "utf-8")


def run(command: list[str], env: dict[str, str] | None = None) -> None:
    """Run a program to its end."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)  # noqa: S603
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise ServerError(f"{' '.join(command[:4])} … failed: {last}")


def start_server(checkout: Checkout, port: int, data: Path) -> Running:
    """Start a server and wait until it answers.

    Raises:
        ServerError: the port is taken, or the server does not come up.
    """
    if is_taken(port):
        raise ServerError(f"port {port} is taken: stop what listens there, or choose another with --port")
    prepare_environment()
    accounts = accounts_of(checkout, str(data))
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (data / DATABASE).is_file():
        accounts.path.unlink(missing_ok=True)
        shutil.copyfile(TEMPLATE / DATABASE, data / DATABASE)
    if ADMIN not in accounts.read():
        fresh = {"email": address(ADMIN), "password": secrets.token_urlsafe(16), "token": secrets.token_hex(20)}
        accounts.add(ADMIN, fresh)
    running = launch(checkout, port, data, accounts.read()[ADMIN])
    try:
        wait(running)
    except BaseException:
        stop_server(checkout, running)
        raise
    return running


def is_taken(port: int) -> bool:
    """Tell whether something listens on a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def launch(checkout: Checkout, port: int, data: Path, admin: Mapping[str, str]) -> Running:
    """Start the process, in a group of its own, and write it down."""
    given = {"USERNAME": admin["email"], "PASSWORD": admin["password"], "USER_TOKEN": admin["token"]}
    command = [*program(), "start", "--no-browser", "--internal-host", "127.0.0.1", "-p", str(port)]
    log = os.open(data / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, log, 1),
        (os.POSIX_SPAWN_DUP2, log, 2),
    ]
    pid = os.posix_spawn(command[0], command, environment(data, given), file_actions=streams, setsid=True)
    os.close(log)
    running = Running(pid, port, str(data))
    write_secret(Running.path(checkout), dump_json({"pid": pid, "port": port, "data": str(data)}))
    return running


def wait(running: Running) -> None:
    """Wait until a server answers, and make sure that it is ours."""
    deadline = time.monotonic() + START_SECONDS
    with spinner(f"Label Studio starts on {running.url}"):
        while not answers(running.url):
            if not running.lives():
                raise ServerError(f"Label Studio ended at once: see {running.data}/server.log")
            if time.monotonic() > deadline:
                raise ServerError(f"Label Studio was not up after {START_SECONDS} s: see {running.data}/server.log")
            time.sleep(0.1)


def holds(running: Running) -> bool:
    """Tell whether a server, or a process that it started, still runs: one of those may outlive it for a moment."""
    return running.lives() or is_taken(running.port)


def stop_server(checkout: Checkout, running: Running) -> None:
    """End a server and everything that it started."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(running.pid, sign)
        except ProcessLookupError:
            break
        deadline = time.monotonic() + STOP_SECONDS
        while holds(running) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not holds(running):
            break
    with suppress(ChildProcessError):  # started by another command
        os.waitpid(running.pid, os.WNOHANG)
    Running.path(checkout).unlink(missing_ok=True)


def make_account(connection: Connection, name: str) -> str:
    """Make an annotator's account where it is not there yet; return what was done, in words.

    Raises:
        ServerError: the server refuses, or has such an account whose token is not kept here.
    """
    kept = connection.accounts.read().get(name, {})
    if kept.get("token"):
        Server(connection.url, kept["token"]).user  # noqa: B018 - asks the server whether the token is good
        return "is there already"
    email, password = address(name), secrets.token_urlsafe(12)
    server = connection.server()
    if email in server.users():
        raise ServerError(
            f"{shown(connection.url)} has an account {email}, but its token is not kept here: copy it over"
        )
    token = server.sign_up(email, password)
    connection.accounts.add(name, {"email": email, "password": password, "token": token})
    if connection.own:
        server.close_invitation()
    return "made"


@contextmanager
def one_line() -> Iterator[None]:
    """End a command with one line where the server can't or won't."""
    try:
        yield
    except ServerError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)

Name = Annotated[str, typer.Argument(help="The annotator's id: lower-case letters, digits and hyphens.")]


@app.command()
def prepare() -> None:
    """Make the server's environment and its empty database (start does it by itself)."""
    with one_line():
        prepare_environment()


@app.command()
def start(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Where it listens on 127.0.0.1.")] = 8080,
    data: Annotated[
        Path | None, typer.Option(help="Its data folder.  [default: .label-studio/data]", file_okay=False)
    ] = None,
) -> None:
    """Start the server, and wait until it answers; where it runs already, say so."""
    checkout = here()
    folder = (data or checkout.label_studio / "data").resolve()
    with one_line():
        running = Running.of(checkout)
        if running and (running.port, running.data) != (port, str(folder)):
            raise ServerError(f"a server runs already, on {running.url} with {running.data}: stop it first")
        running = running or start_server(checkout, port, folder)
        path = accounts_of(checkout, running.data).path
        typer.echo(f"Label Studio {Server(running.url, _token(checkout, running)).version} answers at {running.url}")
        typer.echo(f"log in as {address(ADMIN)}; its password stands in {_relative(path)}")


@app.command()
def stop() -> None:
    """Stop the server; what was labelled stays in its data folder."""
    checkout = here()
    running = Running.of(checkout)
    if running is None:
        Running.path(checkout).unlink(missing_ok=True)
        typer.echo("no Label Studio runs here")
        return
    stop_server(checkout, running)
    typer.echo(f"Label Studio on {running.url} has stopped; its data stay in {_relative(Path(running.data))}")


@app.command()
def status() -> None:
    """Tell which server is used, and which accounts are known; exit status 1 where none answers."""
    checkout = here()
    with one_line():
        connection = connect(checkout)
        server = connection.server()
        server.user  # noqa: B018 - the version is told without a token
        typer.echo(f"Label Studio {server.version} answers at {shown(connection.url)}")
        typer.echo(f"accounts: {', '.join(connection.accounts.read()) or 'none known here'}")


@app.command()
def account(name: Name) -> None:
    """Make an annotator's account; its password, to log in with, and its token are kept in the accounts file."""
    if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
        raise typer.BadParameter(f"{name!r} is no annotator's id: use lower-case letters, digits and single hyphens")
    with one_line():
        connection = connect(here())
        done = make_account(connection, name)
        typer.echo(f"{address(name)} {done}; its password stands in {_relative(connection.accounts.path)}")


def _token(checkout: Checkout, running: Running) -> str:
    return accounts_of(checkout, running.data).read()[ADMIN]["token"]


def _relative(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


if __name__ == "__main__":
    app()
