"""The API keeps what its own description promises, whatever it is sent.

Schemathesis makes the requests from the OpenAPI schema, good ones and bad ones, as 镇经办; about
half of them are about a case that exists and that he may see.
"""

import inspect
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cast import Cast, accepted
from tests.web.doors import Door, knock, logged_in
from weimin.cases.models import Case
from weimin.cases.verb import VERBS
from weimin.web.api.router import api

CHECKS = [
    schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]
CSRF = "w" * 32
OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in api.get_openapi_schema()["paths"].items() for method in methods
]


@pytest.fixture
def kept_connection(db: None) -> Iterator[None]:
    """As in Django's own test client: the end of a request does not end the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
@pytest.mark.filterwarnings("ignore")  # what libraries of schemathesis say of each other
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_the_schema_promises(
    name: str, mode: GenerationMode, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    session = logged_in(cast.reviewer).cookies["sessionid"].value
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    method, path = name.split(" ")
    operation = schema[path][method]

    @settings(max_examples=25, deadline=None, derandomize=True, database=None,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode), real=st.booleans(),
           verb=st.sampled_from(sorted(VERBS)))
    def check(case: Any, real: bool, verb: str) -> None:
        if real:
            known = {"number": number, "verb": verb}
            case.path_parameters = {
                key: known.get(key, value) for key, value in (case.path_parameters or {}).items()
            }
        case.cookies = {"sessionid": session, "csrftoken": CSRF}
        case.headers["X-CSRFToken"] = CSRF
        with transaction.atomic():  # a failure must not spoil the next example's transaction
            case.call_and_validate(checks=CHECKS)
            transaction.set_rollback(True)

    check()


WRONG = (None, -1, 2**70, "x\x00", [1], {"a": [1]})


@pytest.mark.django_db
@pytest.mark.parametrize("verb", sorted(VERBS.keys() - {"receive"}))
def test_a_parameter_of_a_wrong_type_is_refused_in_words(
    verb: str, cast: Cast, now: datetime
) -> None:
    number = accepted(cast, now)
    clients = [logged_in(actor) for actor in (cast.reviewer, cast.resident)]
    step = Case.objects.get(number=number).step_set.get(state="open").pk
    names = list(inspect.signature(VERBS[verb].__wrapped__).parameters)[1:]  # type: ignore[attr-defined]
    url = f"/api/v1/cases/{number}/{verb}"
    broken = []
    for name in [*names, "occurred_at", "late_entry", "actor", "now", "nonsense"]:
        for value in WRONG:
            right = {"step": step} if "step" in names else {}
            params = {**right, "reason": "说明", name: value} if "reason" in names else {**right, name: value}
            for client in clients:
                answer = knock(client, Door("POST", url), url, {"params": params})
                if answer.status_code >= 500:
                    broken.append(f"{name} = {value!r}")
                    break
    assert not broken, f"{verb} breaks at " + "; ".join(broken)
