import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from graphrisk.alerts.delivery import SENT, channels, deliver
from graphrisk.alerts.settings import AlertSettings
from graphrisk.alerts.webhook import DeliveryError, post, url_problem
from loaders import ConfigError

SECRET = "a secret of many letters"


@pytest.fixture
def server(monkeypatch):
    """An HTTP server on loopback that answers with the statuses it is given, 200 when none is left."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("GRAPHRISK_WEBHOOK_SECRET", SECRET)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got.append((dict(self.headers), body))
            self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args):
            pass

    httpd = HTTPServer(("127.0.0.1", 0), Handler)
    httpd.got, httpd.answers = [], []
    httpd.url = f"http://127.0.0.1:{httpd.server_port}/hook"
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def send(server, waits, attempts=5):
    sleep, clock = waits.append, lambda: 1_700_000_000.0
    values = {"secret": SECRET.encode(), "alert_id": "a1", "attempts": attempts, "timeout_seconds": 5}
    post(server.url, b'{"x": 1}', sleep=sleep, clock=clock, **values)


def test_a_post_is_signed_so_that_the_receiver_can_check_it(server):
    send(server, [])
    ((headers, body),) = server.got
    signed = headers["X-Graphrisk-Timestamp"].encode() + b"." + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert (headers["X-Graphrisk-Signature"], headers["X-Graphrisk-Alert"]) == (f"sha256={digest}", "a1")
    assert json.loads(body) == {"x": 1}


def test_a_post_is_tried_again_with_longer_and_longer_waits(server):
    waits, server.answers = [], [503, 429, 500]
    send(server, waits)
    assert (len(server.got), waits) == (4, [1.0, 2.0, 4.0])


def test_a_post_that_keeps_failing_ends_with_a_sentence(server):
    server.answers = [503] * 3
    with pytest.raises(DeliveryError, match=r"127.0.0.1: HTTP status 503 after 3 attempts"):
        send(server, [], attempts=3)


@pytest.mark.parametrize("status", [302, 400, 401, 404])
def test_a_status_that_will_not_change_is_final_and_no_redirect_is_followed(server, status):
    waits, server.answers = [], [status]
    with pytest.raises(DeliveryError, match=f"HTTP status {status}"):
        send(server, waits)
    assert (len(server.got), waits) == (1, [])


def test_nobody_there_is_tried_again(server):
    server.shutdown()
    server.server_close()
    waits = []
    with pytest.raises(DeliveryError, match="no answer"):
        send(server, waits, attempts=2)
    assert waits == [1.0]


@pytest.mark.parametrize(
    ("url", "words"),
    [("ftp://x/y", "must be a URL"), ("hook", "must be a URL"), ("http://example.com/x", "must use https")],
)
def test_an_url_that_cannot_be_used_is_told(url, words):
    assert words in url_problem(url)
    with pytest.raises(ConfigError, match=r"alerts\.webhook"):
        channels(AlertSettings(webhook=url), Path())


def test_a_webhook_without_a_secret_is_refused(monkeypatch):
    monkeypatch.delenv("GRAPHRISK_WEBHOOK_SECRET", raising=False)
    with pytest.raises(ConfigError, match="secret of at least 16 characters"):
        channels(AlertSettings(webhook="https://example.com/x"), Path())


@pytest.fixture
def night(scan, server, tmp_path, monkeypatch):
    """Publish a scan and deliver its alerts to a file and to the server, each tried once."""
    monkeypatch.setenv("ALERT_URL", server.url)
    settings = AlertSettings(file=Path("alerts.jsonl"), webhook="${ALERT_URL}", attempts=1)

    def run(groups, day):
        scan(groups, day)
        return deliver(scan.store, scan.result.scan_id, channels(settings, tmp_path))

    run.file = tmp_path / "alerts.jsonl"
    return run


def posted(server):
    return [json.loads(body)["alert_id"] for _, body in server.got]


def test_alerts_go_to_file_and_webhook_and_only_once(night, server, scan):
    night(["abcd"], 0)
    assert night(["abcd", "wxyz"], 1) == []
    ids = scan.result.tables["alert"]["alert_id"].to_pylist()
    lines = [json.loads(line) for line in night.file.read_text().splitlines()]
    assert [line["alert_id"] for line in lines] == posted(server) == ids
    assert lines[0]["kind"] == "ring_new"
    night(["abcd", "wxyz"], 1)
    night(["abcd", "wxyz"], 2)
    assert posted(server) == ids


def test_what_could_not_be_delivered_is_made_up_for_the_next_night(night, server):
    night(["abcd"], 0)
    server.answers = [503]
    (problem,) = night(["abcd", "mnop", "wxyz"], 1)
    assert problem.startswith("2 alerts were not delivered to `alerts.webhook`: 127.0.0.1: HTTP status 503")
    assert len(night.file.read_text().splitlines()) == 2
    server.got.clear()
    assert night(["abcd", "mnop", "wxyz"], 2) == []
    assert len(posted(server)) == 2


def test_alerts_of_before_a_way_was_set_up_are_not_sent(scan, night, server):
    scan(["abcd"], 0)
    scan(["abcd", "wxyz"], 1)
    night(["abcd", "wxyz", "mnop"], 2)
    assert len(posted(server)) == 1
    assert set(json.loads((scan.store.path / SENT).read_text())) == {"file", "webhook"}
