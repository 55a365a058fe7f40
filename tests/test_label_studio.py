"""The server: started, stopped, refused; and every failure one clear line without a secret in it."""

from __future__ import annotations

import os
import socket
import stat
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import label_studio as script
import round as rounds_script
from accounts import accounts_of
from chipstance.label_studio import Server, ServerError, shown
from example_release import copy_example
from label_studio_server import Desk, RealServer, free_port, write

real = pytest.mark.xdist_group("label-studio")
TOKEN = "5ec2e7" * 6 + "abcd"


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(script.app, arguments)


@real
def test_a_server_is_started_used_and_stopped_without_a_trace(
    real_server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = copy_example(tmp_path / "a checkout")
    monkeypatch.chdir(checkout.root)
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    port = free_port()
    outputs = [invoke("start", "--port", str(port))]
    try:
        outputs += [invoke("start", "--port", str(port)), invoke("account", "ada"), invoke("account", "ada")]
        outputs += [invoke("status")]
        assert [result.exit_code for result in outputs] == [0] * 5, [result.output for result in outputs]
        assert outputs[0].output == outputs[1].output
        assert f"Label Studio 1.23.2 answers at http://127.0.0.1:{port}" in outputs[0].output
        assert "ada@chipstance.invalid made" in outputs[2].output
        assert "ada@chipstance.invalid is there already" in outputs[3].output
        assert "accounts: admin, ada" in outputs[4].output
        assert invoke("start", "--port", str(free_port())).exit_code == 1

        running = script.Running.of(checkout)
        assert running
        accounts = accounts_of(checkout, running.data)
        secrets = [entry[key] for entry in accounts.read().values() for key in ("token", "password")]
        logs = (Path(running.data) / "server.log").read_text("utf-8")
        assert not [secret for secret in secrets if secret in logs or any(secret in r.output for r in outputs)]
        files = [path for path in checkout.label_studio.rglob("*") if path.is_file() and path.suffix != ".sqlite3"]
        telling = [path for path in files if any(secret.encode() in path.read_bytes() for secret in secrets)]
        assert telling == [accounts.path]
        assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(Path(running.data).stat().st_mode) == 0o700
    finally:
        stopped = invoke("stop")
    assert (stopped.exit_code, "has stopped" in stopped.output) == (0, True)
    assert not script.is_taken(port)
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)
    assert not script.Running.path(checkout).exists()
    assert invoke("stop").output == "no Label Studio runs here\n"
    assert invoke("status").exit_code == 1


@real
def test_an_account_whose_token_is_elsewhere_is_told(desk: Desk) -> None:
    accounts = accounts_of(desk.checkout, desk.server.running.url)
    accounts.path.unlink()
    result = invoke("account", "ada")
    assert result.exit_code == 1
    assert "has an account ada@chipstance.invalid, but its token is not kept here" in result.output
    assert invoke("account", "Ada").exit_code == 2
    desk.open()
    desk.label("ada", "mill")
    assert "no token of ada is kept here" in desk.run("push", "ada").output


def test_a_busy_port_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = copy_example(tmp_path / "a checkout")
    monkeypatch.chdir(checkout.root)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = invoke("start", "--port", str(port))
    assert result.exit_code == 1
    assert result.output == f"port {port} is taken: stop what listens there, or choose another with --port\n"
    assert not checkout.label_studio.exists()


def test_settings_are_all_of_the_environment(tmp_path: Path) -> None:
    given = script.environment(tmp_path, {"USERNAME": "a"})
    assert {key for key in given if not key.startswith("LABEL_STUDIO_")} == {"HOME", "LANG", "PATH"}
    off = ("COLLECT_ANALYTICS", "LATEST_VERSION_CHECK")
    assert [given[f"LABEL_STUDIO_{name}"] for name in off] == ["false", "false"]
    assert given["LABEL_STUDIO_SENTRY_DSN"] == given["LABEL_STUDIO_FRONTEND_SENTRY_DSN"] == ""


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout with an open round, whose server is elsewhere."""
    checkout = copy_example(tmp_path / "a checkout")
    (checkout.annotations / "guidelines.md").write_text("# Guidelines\n")
    annotators = [{"id": "ada", "who": ""}]
    entry = {"round": 1, "docs": ["mill"], "annotators": annotators, "guidelines_sha256": "0f" * 32}
    write(checkout.round_file(1), entry)
    gold = checkout.gold("mill").read_text("utf-8")
    checkout.labels(1, "ada", "mill").parent.mkdir()
    checkout.labels(1, "ada", "mill").write_text(gold.replace('"gold"', '"ada"'), "utf-8")
    monkeypatch.chdir(checkout.root)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", TOKEN)
    monkeypatch.setattr("chipstance.label_studio.WAIT", 0.0)


COMMANDS = [["open", "2", "--annotator", "ada"], ["push", "1", "ada"], ["status", "1"], ["pull", "1"]]


def refused(arguments: list[str], url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command that must fail with one line, and return it."""
    monkeypatch.setenv("LABEL_STUDIO_URL", url)
    accounts_of(script.here(), shown(url)).add("ada", {"email": "ada@chipstance.invalid", "token": TOKEN})
    result = CliRunner().invoke(rounds_script.app, arguments)
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert not any(word in result.output for word in (TOKEN, "hunter2", "Cookie", "cookie", "headers", "Traceback"))
    return result.output


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_no_server_is_one_line(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://someone:hunter2@127.0.0.1:{free_port()}"
    assert refused(arguments, url, monkeypatch).startswith("no Label Studio answers at http://127.0.0.1:")


@real
@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_wrong_token_is_one_line(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, real_server: RealServer
) -> None:
    real_server.revive()
    assert "refuses the token" in refused(arguments, real_server.running.url, monkeypatch)


class Odd(BaseHTTPRequestHandler):
    """Answers every request with what the test has laid out, and counts."""

    status, body, asked = 200, b"", 0

    def answer(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Set-Cookie", "sessionid=hunter2")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST = do_PATCH = answer  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def odd() -> Iterator[str]:
    """A server that is no Label Studio, or an ill one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Odd)
    Odd.asked = 0
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>welcome</html>", "is no Label Studio"),
        (200, b'{"a": 1}', "is no Label Studio"),
        (404, b"<html>nothing here</html>", "answers 404\n"),
        (
            500,
            b'{"detail": "no room", "exc_info": "hunter2"}',
            "answers 500: no room\n",
        ),
        (503, b"", "answers 503\n"),
    ],
)
@pytest.mark.parametrize("arguments", COMMANDS[2:], ids=lambda arguments: arguments[0])
def test_a_server_that_is_odd_is_one_line(
    arguments: list[str], status: int, body: bytes, said: str, odd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Odd, "status", status)
    monkeypatch.setattr(Odd, "body", body)
    assert said in refused(arguments, odd, monkeypatch)


@pytest.mark.usefixtures("opened")
def test_reads_are_repeated_and_writes_are_not(odd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Odd, "status", 503)
    server = Server(odd, TOKEN)
    with pytest.raises(ServerError):
        server.users()
    assert Odd.asked == 5
    with pytest.raises(ServerError):
        server.annotate(1, [])
    assert Odd.asked == 6


@pytest.mark.usefixtures("opened")
def test_half_a_setting_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABEL_STUDIO_URL", "127.0.0.1:8080")
    assert invoke("status").exit_code == 2
    monkeypatch.setenv("LABEL_STUDIO_URL", "http://127.0.0.1:8080")
    monkeypatch.delenv("LABEL_STUDIO_API_KEY")
    assert invoke("status").exit_code == 2
