"""Requests made up from the OpenAPI description: whatever they hold, the service does not break."""

import pytest

schemathesis = pytest.importorskip("schemathesis")
from hypothesis import HealthCheck, given, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402
from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
_LEISURE = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
    database=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def api(service):
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


@pytest.mark.slow
def test_every_operation_answers_as_described(api):
    seen = []
    for result in api.get_all_operations():
        operation = result.ok()

        @_LEISURE
        @given(operation.as_strategy() | operation.as_strategy(GenerationMode.NEGATIVE))
        def answers(case):
            case.call_and_validate(checks=CHECKS)

        answers()
        seen.append(f"{operation.method.upper()} {operation.path}")
    assert {"POST /v1/predict", "POST /v2/models/{name}/infer", "GET /metrics"} <= set(seen)


@pytest.mark.slow
def test_sequences_of_requests_do_not_break_it(api):
    class Sequences(api.as_state_machine()):
        def validate_response(self, response, case, *_, **__):
            case.validate_response(response, checks=CHECKS)

    run_state_machine_as_test(
        Sequences, settings=settings(_LEISURE, max_examples=5, stateful_step_count=5)
    )


def test_the_description_names_bodies_limits_and_the_key(api):
    raw = api.raw_schema
    assert {"PredictRequest", "InferRequest", "Cycle", "Problem"} <= set(
        raw["components"]["schemas"]
    )
    body = raw["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    assert {"application/json", "application/vnd.apache.parquet", "text/csv"} <= set(body)
    assert "422" in raw["paths"]["/v1/predict"]["post"]["responses"]
