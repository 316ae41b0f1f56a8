"""What all consent records of an organisation have in common, and the record that it makes with a grant's own terms.

template (once) + dataset, silo, columns, terms, times --draft--> consent record
"""

from dataclasses import dataclass

from pydantic import Field

from prefect_federated.core.consent_record import (
    Curie,
    PartyNode,
    PersonalDatum,
    Process,
    RecordDocument,
    Storage,
    Text,
    Validity,
    Withdrawal,
    purposes_of,
)
from prefect_federated.core.data_use import Terms
from prefect_federated.core.moments import moment
from prefect_federated.core.spec_parts import Strict


class Organisation(Strict):
    """Name and contact of a party."""

    name: Text
    contact: Text = Field(description="e-mail, telephone or address")


class RecordTemplate(Strict):
    """What an organisation writes down once."""

    language: str = "en"
    subjects: Text = Field(description="who the data are about, as a group; no names")
    controller: Organisation = Field(description="the data holder")
    processor: Organisation = Field(description="the silo")
    recipients: tuple[Text, ...] = Field(description="who gets models or updates made from the data")
    jurisdictions: tuple[Curie, ...] = Field(description="such as loc:DE")
    legal_basis: Curie = Field(default="eu-gdpr:A6-1-a", description="such as eu-gdpr:A6-1-a, consent")
    notice: Text = Field(description="where the privacy notice is that subjects were given")
    storage_locations: tuple[Curie, ...] = Field(description="such as loc:DE")
    retention: str = Field(description="ISO 8601 duration, such as P10Y")
    deletion: Text = Field(default="Record and secret are erased; the data stay with their holder.")
    withdrawal: Text = Field(description="how a subject takes consent back")
    personal_data: str = Field(default="dpv:SensitivePersonalData", description="kind of data that the columns hold")


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """What is particular to one grant."""

    dataset: bytes
    holder: str
    silo: str
    columns: tuple[str, ...]
    terms: Terms
    valid_from: int
    expiry: int


def draft_document(template: RecordTemplate, draft: GrantDraft, now_s: int, record_id: str) -> RecordDocument:
    """The consent record of one grant.

    Args:
        record_id: a UUID, drawn by the caller.

    Raises:
        ValidationError: a value does not fit the profile.
    """
    controller, processor = template.controller, template.processor
    return RecordDocument(
        iri=f"urn:uuid:{record_id}",
        identifier=record_id,
        conforms_to="https://w3id.org/dpv/schema/dpv-27560#record",
        created=moment(now_s),
        language=template.language,
        subjects=template.subjects,
        controller=PartyNode(name=controller.name, contact=controller.contact, account=draft.holder),
        processor=PartyNode(name=processor.name, contact=processor.contact, account=draft.silo),
        recipients=template.recipients,
        jurisdictions=template.jurisdictions,
        legal_basis=template.legal_basis,
        notice=template.notice,
        process=Process(
            purposes=purposes_of(draft.terms),
            personal_data=tuple(PersonalDatum(kind=template.personal_data, column=name) for name in draft.columns),
            storage=Storage(
                locations=template.storage_locations, duration=template.retention, deletion=template.deletion
            ),
        ),
        withdrawal=Withdrawal(method=template.withdrawal),
        validity=Validity(start=moment(draft.valid_from), end=moment(draft.expiry)),
        dataset="0x" + draft.dataset.hex(),
        terms=draft.terms,
    )


EXAMPLE = RecordTemplate(
    subjects="Patients of the ward who signed the form of the notice below",
    controller=Organisation(name="Hospital, data protection office", contact="dpo@hospital.example"),
    processor=Organisation(name="Hospital, research computing", contact="it@hospital.example"),
    recipients=("aggregator of the consortium", "committee of the consortium"),
    jurisdictions=("loc:DE",),
    notice="https://hospital.example/notice-2026.pdf",
    storage_locations=("loc:DE",),
    retention="P10Y",
    withdrawal="Write to the controller; the grant or the subject is withdrawn on chain within a working day.",
)
