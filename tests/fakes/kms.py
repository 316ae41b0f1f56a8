"""moto's KMS over real HTTP. What AWS refuses by a key's state, and moto does not, a door in front of moto refuses."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import boto3
from moto.core import DEFAULT_ACCOUNT_ID
from moto.kms.models import kms_backends

from tests.fakes.s3 import ACCESS_KEY, REGION, SECRET, moto_server

USES_THE_KEY = ("Encrypt", "Decrypt", "GenerateDataKey")
REFUSALS = {"Disabled": "DisabledException", "PendingDeletion": "KMSInvalidStateException"}


@contextmanager
def kms_server() -> Iterator[str]:
    """Serve KMS; its address."""

    def guarded(app: Any) -> Any:
        def at_the_door(environ: dict[str, Any], start_response: Any) -> Any:
            if str(environ.get("HTTP_X_AMZ_TARGET", "")).removeprefix("TrentService.") not in USES_THE_KEY:
                return app(environ, start_response)
            asked = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = BytesIO(asked)
            key = kms_backends[DEFAULT_ACCOUNT_ID][REGION].keys.get(json.loads(asked).get("KeyId"))
            if key is None or key.key_state not in REFUSALS:
                return app(environ, start_response)
            start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
            return [json.dumps({"__type": REFUSALS[key.key_state], "message": "by its state"}).encode()]

        return at_the_door

    with moto_server(guarded) as url:
        yield url


def aws_client(service: str, url: str, access_key: str = ACCESS_KEY, secret: str = SECRET) -> Any:
    """A client of one of moto's services."""
    return boto3.client(
        service, endpoint_url=url, region_name=REGION, aws_access_key_id=access_key, aws_secret_access_key=secret
    )
