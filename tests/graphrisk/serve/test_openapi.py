"""Whatever a program sends that knows the OpenAPI of the service, it never breaks."""

import re

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from graphrisk.serve.app import create_app
from graphrisk.serve.settings import ServeSettings
from tests.graphrisk.serve.browser import serving

OPERATIONS = 21


def operations(store):
    """Every operation with a strategy of calls, good and bad."""
    described = create_app(ServeSettings(store, local_user="root")).openapi()
    schema = schemathesis.openapi.from_dict(described)
    return [found.ok() for found in schema.get_all_operations()]


def send(client, case, token):
    """Send one call; half of the forms bear the right token, so that they get past it."""
    body = case.body if isinstance(case.body, dict) else {}
    form = {key: str(value).encode("utf-8", "replace") for key, value in body.items()}
    if case.method == "POST" and len(form) % 2 == 0:
        form["csrf"] = token
    path = case.formatted_path
    query = {key: str(value) for key, value in (case.query or {}).items()}
    try:
        return client.request(case.method, path, params=query, data=form or None)
    except httpx.InvalidURL:
        return None


@pytest.mark.slow
@pytest.mark.parametrize("known", [False, True], ids=["any-ring", "known-ring"])
def test_no_call_that_the_openapi_allows_or_forbids_ends_in_a_fault(store, known):
    found = operations(store)
    assert len(found) >= OPERATIONS
    answers: dict[int, int] = {}
    with (
        serving(store, local_user="root", requests_per_minute=10**6) as address,
        httpx.Client(base_url=address) as client,
    ):
        token = re.search(r'name="csrf" value="(\w+)"', client.get("/search").text)[1]
        client.post("/rings/r1/case/open", data={"csrf": token})
        for operation in found:

            @settings(
                max_examples=25,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy())
            def call(case):
                if known and case.path_parameters and "ring_id" in case.path_parameters:
                    case.path_parameters["ring_id"] = "r1"
                answer = send(client, case, token)
                if answer is not None:
                    answers[answer.status_code] = answers.get(answer.status_code, 0) + 1
                    assert answer.status_code < 500, (case.method, case.formatted_path, answer.text)

            call()
    assert sum(answers.values()) > 300
    assert answers.get(200, 0) > 30
