"""Who may do what, and what is refused."""

import re

import pytest
from fastapi.testclient import TestClient

from graphrisk.cases.database import CaseDatabase
from graphrisk.cases.users import Users
from graphrisk.serve.app import create_app
from graphrisk.serve.settings import ServeError, ServeSettings
from tests.graphrisk.serve.conftest import PASSWORD, Person

ACTIONS = ("open", "assign", "note", "decide", "snooze", "wake", "block", "approve", "withdraw")


def test_a_viewer_may_look_but_neither_act_nor_see_identifiers(people):
    vera = people("vera")
    assert "masked for your role" in vera.get("/rings/r1").text
    token = vera.token("/search")
    for path in (*(f"/rings/r1/case/{name}" for name in ACTIONS), "/rings/r1/show"):
        assert vera.client.post(path, data={"csrf": token, "seen": 1}).status_code == 403, path
    assert vera.get("/audit").status_code == 403


def test_only_an_admin_reads_the_audit(people):
    assert people("ivan").get("/audit").status_code == 403
    text = people("ada").get("/audit").text
    assert "each as it was written" in text
    assert "login" in text


def test_without_a_login_every_page_leads_to_it(people):
    client = TestClient(people("vera").client.app, base_url="http://127.0.0.1", follow_redirects=False)
    for path in ("/", "/rings/r1", "/search", "/audit", "/rings/r1/export"):
        assert client.get(path).headers["location"].startswith("/login"), path
    assert client.get("/rings/r1/graph.json").status_code == 401
    assert client.get("/openapi.json").status_code == 401
    assert client.post("/rings/r1/case/open").headers["location"] == "/login"


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_a_form_without_its_token_changes_nothing(people, token):
    ivan = people("ivan")
    for path in (*(f"/rings/r1/case/{name}" for name in ACTIONS), "/rings/r1/show", "/search", "/logout"):
        assert ivan.client.post(path, data={"csrf": token, "seen": 1}).status_code == 403, path
    other = people("ines").token()
    assert ivan.client.post("/rings/r1/case/open", data={"csrf": other}).status_code == 403
    assert ivan.client.app.state.service.book.cases() == {}


def test_a_form_from_another_site_is_refused_whatever_it_carries(people):
    ivan = people("ivan")
    origin = {"Origin": "https://evil.example"}
    done = ivan.client.post("/rings/r1/case/open", data={"csrf": ivan.token()}, headers=origin)
    assert done.status_code == 403


def test_a_wrong_password_is_refused_and_tries_are_limited(people, store):
    people("vera")
    app = create_app(ServeSettings(store, logins_per_minute=3))
    client = TestClient(app, base_url="http://127.0.0.1")
    token = re.search(r'name="csrf" value="(\w+)"', client.get("/login").text)[1]
    codes = [
        client.post("/login", data={"csrf": token, "name": "vera", "password": f"wrong {k}"}).status_code
        for k in range(5)
    ]
    assert codes == [401, 401, 401, 429, 429]
    assert [event.event_type for event in app.state.service.book.audit(limit=3)] == ["login_failed"] * 3


def test_a_login_takes_a_new_cookie_and_a_logout_ends_it(people):
    ivan = people("ivan")
    cookie = ivan.client.cookies["graphrisk_session"]
    assert ivan.post("/logout").status_code == 303
    assert ivan.client.get("/", follow_redirects=False).headers["location"] == "/login"
    ivan.client.cookies.set("graphrisk_session", cookie)
    assert ivan.client.get("/", follow_redirects=False).status_code == 303


def test_a_user_who_was_removed_is_out_at_once(people, store):
    ivan = people("ivan")
    Users(CaseDatabase(store)).remove("ivan", actor="ada")
    assert ivan.client.get("/", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_a_login_leads_to_pages_of_ours_only(people, target):
    client = people("vera").client
    assert f'value="{target}"' not in client.get("/login", params={"next": target}).text


def test_every_answer_bears_the_policy_and_no_page_may_be_kept(local):
    for path in ("/", "/rings/r1", "/rings/r9", "/static/page.css", "/rings/r1/graph.json"):
        headers = local.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
    assert local.get("/").headers["cache-control"] == "no-store"


def test_the_cookie_is_no_scripts_and_secure_beyond_this_machine(store, people):
    people("vera")
    for host, secure in (("127.0.0.1", False), ("0.0.0.0", True)):
        client = TestClient(create_app(ServeSettings(store, host)), base_url="http://127.0.0.1")
        cookie = client.get("/login").headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("secure" in cookie) == secure


def test_beyond_this_machine_it_will_not_start_without_a_login(store):
    with pytest.raises(ServeError, match="needs a login: add a user"):
        create_app(ServeSettings(store, "0.0.0.0"))
    with pytest.raises(ServeError, match="users must be known"):
        create_app(ServeSettings(store, "0.0.0.0", proxy_header="X-User"))
    Users(CaseDatabase(store)).put("ana", "viewer", None, actor="setup")
    with pytest.raises(ServeError, match="needs a login"):
        create_app(ServeSettings(store, "0.0.0.0"))
    create_app(ServeSettings(store, "0.0.0.0", proxy_header="X-User"))


def test_a_proxy_is_believed_only_by_its_header_from_its_address(store):
    Users(CaseDatabase(store)).put("ana", "viewer", None, actor="setup")
    app = create_app(ServeSettings(store, "0.0.0.0", proxy_header="X-User"))
    proxy = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    other = TestClient(app, base_url="http://127.0.0.1", client=("10.0.0.9", 1))
    assert "ana" in proxy.get("/", headers={"X-User": "Ana"}).text
    for headers in ({}, {"X-User": "ben"}, {"X-User": ""}, {"X-Forwarded-User": "ana"}):
        assert proxy.get("/", headers=headers).status_code == 403
    assert proxy.get("/", headers=[("X-User", "ana"), ("X-User", "ana")]).status_code == 403
    assert other.get("/", headers={"X-User": "ana"}).status_code == 403


def test_another_sites_name_that_points_here_is_refused(store):
    client = TestClient(create_app(ServeSettings(store)), base_url="http://evil.example")
    assert client.get("/").status_code == 400
    assert client.get("/", headers={"Host": "localhost:8321"}).status_code == 200


def test_an_address_that_asks_too_often_has_to_wait(store):
    client = TestClient(create_app(ServeSettings(store, requests_per_minute=5)), base_url="http://127.0.0.1")
    codes = [client.get("/health").status_code for _ in range(7)]
    assert codes == [200] * 5 + [429] * 2
    refused = client.get("/static/page.css")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "12")
    assert "frame-ancestors 'none'" in refused.headers["content-security-policy"]


def logged_in(app, name, address="127.0.0.1"):
    person = Person(TestClient(app, base_url="http://127.0.0.1", client=(address, 1)))
    assert person.post("/login", "/login", name=name, password=PASSWORD).status_code == 303
    return person


def test_each_person_has_a_limit_of_their_own_whatever_address_they_ask_from(people, store):
    people("vera")
    app = create_app(ServeSettings(store, requests_per_minute=20))
    vera, again, ivan = (
        logged_in(app, n, a) for n, a in (("vera", "10.1.1.1"), ("vera", "10.2.2.2"), ("ivan", "10.1.1.1"))
    )
    codes = [person.get("/search").status_code for _ in range(12) for person in (vera, again)]
    assert codes == [200] * 20 + [429] * 4
    assert int(again.get("/").headers["retry-after"]) in (1, 2, 3)
    # the colleague in the same office goes on, and so does whoever is not logged in yet
    assert ivan.get("/search").status_code == 200
    assert TestClient(app, base_url="http://127.0.0.1", client=("10.1.1.1", 1)).get("/login").status_code == 200


def test_people_behind_a_proxy_have_limits_of_their_own_and_nobody_else_can_use_up_theirs(store):
    for name in ("ana", "ben"):
        Users(CaseDatabase(store)).put(name, "viewer", None, actor="setup")
    app = create_app(ServeSettings(store, "0.0.0.0", proxy_header="X-User", requests_per_minute=4))
    proxy = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1))
    other = TestClient(app, base_url="http://127.0.0.1", client=("10.0.0.9", 1))
    assert [other.get("/", headers={"X-User": "ana"}).status_code for _ in range(6)] == [403] * 4 + [429] * 2
    assert [proxy.get("/", headers={"X-User": n}).status_code for n in ("ana", "Ana ", "ANA", "ana", "ana")] == [
        200, 200, 200, 200, 429,
    ]  # fmt: skip
    assert proxy.get("/", headers={"X-User": "ben"}).status_code == 200


def test_one_household_of_addresses_has_one_limit(store):
    app = create_app(ServeSettings(store, requests_per_minute=3))

    def code(address):
        return TestClient(app, base_url="http://127.0.0.1", client=(address, 1)).get("/health").status_code

    assert [code(f"2001:db8:1:2::{k}") for k in range(1, 5)] == [200, 200, 200, 429]
    assert code("2001:db8:1:3::1") == 200
    assert [code(a) for a in ("10.0.0.1", "::ffff:10.0.0.1", "10.0.0.1", "::ffff:10.0.0.1")] == [200, 200, 200, 429]


@pytest.mark.parametrize("name", ["requests_per_minute", "logins_per_minute"])
def test_a_limit_below_one_is_refused(store, name):
    with pytest.raises(ServeError, match=f"`{name}` must be at least 1, got 0"):
        ServeSettings(store, **{name: 0})


def test_a_long_form_is_refused_before_it_is_read(local):
    assert local.client.post("/search", content=b"x" * 300_000).status_code == 413
