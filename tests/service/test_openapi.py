"""What the OpenAPI document promises, tried with requests that are drawn from it: none makes the service fail."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .conftest import Running

# A body that fits its schema may be refused all the same: for labels that the model lacks, or thresholds out of order.
CHECKS = (not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance)
SETTINGS = settings(max_examples=15, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def statuses(running: Running, operation: Any) -> list[int]:
    """Send requests drawn for an operation, hold the answers against the document, and return their statuses."""
    seen: list[int] = []

    @SETTINGS
    @given(case=operation.as_strategy())
    def answered(case: Any) -> None:
        response = case.call(base_url=running.url)
        assert response.status_code < 500
        case.validate_response(response, checks=CHECKS)
        seen.append(response.status_code)

    answered()
    return seen


def test_no_request_drawn_from_the_document_makes_the_service_fail(running: Running) -> None:
    schema = schemathesis.openapi.from_url(f"{running.url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == 7
    for operation in operations:
        assert 200 in statuses(running, operation), operation.path
