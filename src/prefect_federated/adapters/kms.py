"""A rest key in AWS KMS, which wraps and unwraps data keys and never hands itself out.

GenerateDataKey --> data key, wrapped        Decrypt --> data key        Encrypt: the same data key under another key

Each call carries what the bytes are for as its encryption context: KMS binds it, logs it and can grant by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, NoCredentialsError

from prefect_federated.adapters.stores.naming import redacted
from prefect_federated.core.at_rest import Use, WrappedKey
from prefect_federated.core.errors import (
    ConfigurationError,
    FederatedError,
    KeyServiceUnreachable,
    KeyUnavailable,
    Undecryptable,
)

CONTEXT = "prefect-federated"
TIMEOUT_S, ATTEMPTS = 20.0, 3
_STATES = {"DisabledException": "is disabled", "KMSInvalidStateException": "is pending deletion or import"}
_BUSY = {"ThrottlingException", "KeyUnavailableException", "DependencyTimeoutException", "KMSInternalException"}
_ALTERED = {"InvalidCiphertextException"}
_REFUSED = {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "IncorrectKeyException"}


class KmsRestKey:
    """A symmetric key of KMS, named by id, ARN or alias; the credentials are boto3's to find."""

    def __init__(self, key: str, region: str | None = None, endpoint_url: str | None = None) -> None:
        """Name the key; nothing is asked before the first use."""
        self.key, self._region, self._endpoint = key, region, endpoint_url
        self._kept: Any = None

    @property
    def name(self) -> str:
        """Key and server."""
        return f"KMS key {self.key} at {redacted(self._endpoint) if self._endpoint else 'AWS'}"

    def draw(self, use: Use) -> tuple[bytes, WrappedKey]:
        """A fresh data key that KMS made."""
        with self._told("kms:GenerateDataKey"):
            made = self._client.generate_data_key(KeyId=self.key, KeySpec="AES_256", EncryptionContext=_context(use))
        return made["Plaintext"], WrappedKey(made["KeyId"], made["CiphertextBlob"])

    def wrap(self, data_key: bytes, use: Use) -> WrappedKey:
        """A data key that another rest key wrapped until now."""
        with self._told("kms:Encrypt"):
            made = self._client.encrypt(KeyId=self.key, Plaintext=data_key, EncryptionContext=_context(use))
        return WrappedKey(made["KeyId"], made["CiphertextBlob"])

    def unwrap(self, wrapped: WrappedKey, use: Use) -> bytes:
        """The data key; only this key is asked, whatever a file says of another."""
        if not wrapped.under.startswith("arn:"):
            raise KeyUnavailable(
                f"sealed under key {wrapped.under}, {self.name} cannot hold that; name the variable or the keystore"
                " that it was sealed under"
            )
        with self._told("kms:Decrypt", wrapped.under, use):
            answer = self._client.decrypt(KeyId=self.key, CiphertextBlob=wrapped.blob, EncryptionContext=_context(use))
        return bytes(answer["Plaintext"])

    @property
    def _client(self) -> Any:
        if self._kept is None:
            import boto3

            self._kept = boto3.session.Session().client(
                "kms",
                region_name=self._region,
                endpoint_url=self._endpoint,
                config=Config(
                    connect_timeout=5.0,
                    read_timeout=TIMEOUT_S,
                    retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                ),
            )
        return self._kept

    @contextmanager
    def _told(self, action: str, under: str = "", use: Use | None = None) -> Iterator[None]:
        """Turn boto3's errors into this package's; no credential is in them."""
        try:
            yield
        except ClientError as error:
            raise self._refusal(error, action, under, use) from error
        except NoCredentialsError as error:
            raise KeyUnavailable(
                f"{self.name}: boto3 finds no credentials; give it some by environment, profile or role"
            ) from error
        except (ConnectionError, HTTPClientError) as error:
            raise KeyServiceUnreachable(
                f"{self.name} does not answer ({type(error).__name__}); check address and network, then try again"
            ) from error
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"{self.name} cannot be used ({type(error).__name__}); check endpoint, region and profile"
            ) from error

    def _refusal(self, error: ClientError, action: str, under: str, use: Use | None) -> FederatedError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        sealed = f"sealed under {under}; " if under else ""
        if code in _ALTERED and use is not None:
            return Undecryptable(
                f"{sealed}{self.name} does not open its key as {use.value!r}: it was altered, or sealed for another"
                " use; restore it from its backup"
            )
        if code in _STATES:
            return KeyUnavailable(f"{sealed}{self.name} {_STATES[code]}; have its administrator enable it ({code})")
        if code == "NotFoundException":
            return KeyUnavailable(f"{sealed}{self.name} does not exist; check id, alias and region")
        if code in _REFUSED or status == 403:
            return KeyUnavailable(
                f"{sealed}{self.name} refused {action} ({code}); have its policy allow that to these credentials, or"
                " name the key that the file was sealed under"
            )
        if status >= 500 or code in _BUSY:
            return KeyServiceUnreachable(f"{self.name} is overloaded or broken ({code}); try again later")
        return ConfigurationError(f"{self.name} refused {action} ({code}); it must be a symmetric key for encryption")


def _context(use: Use) -> dict[str, str]:
    return {CONTEXT: use.value}
