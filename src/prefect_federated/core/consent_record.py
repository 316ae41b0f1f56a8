"""The consent record: what a data holder consented to, in words that people and programs read; it stays in the silo.

template + grant's terms --draft--> document (JSON-LD) --HMAC under the grant's secret--> the digest on chain

Fields are those of ISO/IEC TS 27560:2023, named as the W3C community group's profile names them:
https://w3id.org/dpv/guides/consent-27560, table "ISO 27560:2023, EU GDPR, and DPV".
"""

import hmac
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from prefect_federated.core.canonical import canonical
from prefect_federated.core.data_use import Terms
from prefect_federated.core.duo import DUO_NUMBERS
from prefect_federated.core.enforced import Address
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.spec_parts import Strict

CONTEXT = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "duo": "http://purl.obolibrary.org/obo/DUO_",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "loc": "https://w3id.org/dpv/loc#",
    "pf": "urn:prefect-federated:",
}

Text = Annotated[str, Field(min_length=1, max_length=1000)]
Curie = Annotated[str, Field(pattern=r"^[a-z-]+:[A-Za-z0-9_-]+$")]
Digest = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
Moment = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Duration = Annotated[str, Field(pattern=r"^P(\d+Y)?(\d+M)?(\d+D)?$", min_length=3)]


class Part(Strict):
    """A node of the document; its fields are read and written under their names in JSON-LD."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class PartyNode(Part):
    """An organisation: how to reach it, and the account it acts with."""

    name: Text = Field(alias="dct:title")
    contact: Text = Field(alias="dpv:hasContact")
    account: Address | None = Field(default=None, alias="pf:account")


class PersonalDatum(Part):
    """One column, and what kind of personal data it holds."""

    kind: Curie = Field(default="dpv:PersonalData", alias="@type")
    column: Text = Field(alias="dct:identifier")


class Storage(Part):
    """Where the data lie, for how long, and what happens then."""

    locations: tuple[Curie, ...] = Field(alias="dpv:hasLocation", min_length=1)
    duration: Duration = Field(alias="dpv:hasDuration", description="ISO 8601, such as P10Y")
    deletion: Text = Field(alias="pf:deletion")


class Process(Part):
    """What is done with the data."""

    kind: Literal["dpv:Process"] = Field(default="dpv:Process", alias="@type")
    purposes: tuple[Curie, ...] = Field(alias="dpv:hasPurpose", min_length=1, description="the terms' codes as IRIs")
    personal_data: tuple[PersonalDatum, ...] = Field(alias="dpv:hasPersonalData", min_length=1)
    processing: tuple[Curie, ...] = Field(default=("dpv:Analyse", "dpv:Use"), alias="dpv:hasProcessing")
    storage: Storage = Field(alias="dpv:hasStorageCondition")


class Withdrawal(Part):
    """How a data subject, or the holder, takes consent back."""

    kind: Literal["dpv:WithdrawConsent"] = Field(default="dpv:WithdrawConsent", alias="@type")
    method: Text = Field(alias="dct:description")


class Validity(Part):
    """From when until when consent holds."""

    start: Moment = Field(alias="pf:from")
    end: Moment = Field(alias="pf:until")


class RecordDocument(Part):
    """One grant in words. Subjects are listed beside it, since they change while it stands."""

    context: dict[str, str] = Field(default=CONTEXT, alias="@context")
    iri: str = Field(alias="@id", pattern=r"^urn:uuid:[0-9a-f-]{36}$")
    kind: Literal["dpv:ConsentRecord"] = Field(default="dpv:ConsentRecord", alias="@type")
    identifier: str = Field(alias="dct:identifier", pattern=r"^[0-9a-f-]{36}$")
    conforms_to: Literal["https://w3id.org/dpv/schema/dpv-27560#record"] = Field(alias="dct:conformsTo")
    created: Moment = Field(alias="dct:created")
    language: str = Field(alias="dct:language", pattern=r"^[a-z]{2}$")
    subjects: Text = Field(alias="dpv:hasDataSubject", description="who the subjects are, as a group; no names")
    controller: PartyNode = Field(alias="dpv:hasDataController", description="the data holder")
    processor: PartyNode = Field(alias="dpv:hasDataProcessor", description="the silo")
    recipients: tuple[Text, ...] = Field(alias="dpv:hasRecipient", min_length=1)
    jurisdictions: tuple[Curie, ...] = Field(alias="dpv:hasJurisdiction", min_length=1)
    legal_basis: Curie = Field(alias="dpv:hasLegalBasis")
    notice: Text = Field(alias="dpv:hasNotice", description="where the privacy notice is that the subjects were given")
    status: Literal["dpv:ConsentGiven"] = Field(default="dpv:ConsentGiven", alias="dpv:hasConsentStatus")
    process: Process = Field(alias="dpv:hasProcess")
    withdrawal: Withdrawal = Field(alias="dpv:hasConsentControl")
    validity: Validity = Field(alias="pf:valid")
    dataset: Digest = Field(alias="pf:dataset", description="id of the dataset on chain")
    terms: Terms = Field(alias="pf:terms")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.context != CONTEXT:
            raise ValueError(f"the context is {self.context}, this profile's is {CONTEXT}")
        if self.iri != f"urn:uuid:{self.identifier}":
            raise ValueError(f"the record is {self.iri} and {self.identifier}; give it one id")
        if self.process.purposes != purposes_of(self.terms):
            raise ValueError(f"purposes are {self.process.purposes}, the terms' codes {purposes_of(self.terms)}")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError(f"columns {', '.join(self.columns)} name one twice")
        if self.validity.start >= self.validity.end:
            raise ValueError(f"it would hold from {self.validity.start} until {self.validity.end}")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that consent covers."""
        return tuple(datum.column for datum in self.process.personal_data)

    def to_json(self) -> dict[str, Any]:
        """The document as JSON-LD."""
        return self.model_dump(mode="json")

    def digest(self, secret: bytes) -> bytes:
        """What the grant says of it on chain: HMAC-SHA256(secret, "record" || JCS(document)), 32 bytes."""
        return hmac.digest(secret, b"record" + canonical(self.to_json()), "sha256")


def read_document(content: str | bytes) -> RecordDocument:
    """Read a consent record's JSON-LD.

    Raises:
        ConsentError: it is no such record; the message names the field, never its value.
    """
    try:
        return RecordDocument.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where, what = ".".join(str(part) for part in first["loc"]) or "record", first["msg"]
    # Raised outside the handler, so that no traceback chains to a message that quotes the record.
    raise ConsentError(f"the consent record's field {where}: {what}; correct it in the record or its template")


def json_schema() -> dict[str, Any]:
    """The profile as a JSON Schema, for programs in other languages; `consent_record.schema.json` holds it."""
    schema = RecordDocument.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def purposes_of(terms: Terms) -> tuple[str, ...]:
    """DUO's IRIs of a grant's codes.

    >>> purposes_of(Terms(codes=("HMB", "NPU")))
    ('duo:0000006', 'duo:0000045')
    """
    return tuple(f"duo:{DUO_NUMBERS[code]:07d}" for code in terms.codes)
