"""`federated consent`: grants, from the record in the silo to the ledger and back out of both.

draft --> grant --submit, or --out FILE --> anybody: submit          withdraw (--out) | subjects add, remove | erase
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of
from prefect_federated.cli.budgets import DeltaOption, EpsilonOption, budget_record, limit_from
from prefect_federated.cli.consent_options import KeyOption, RecordArgument, hash_of, say, write_new
from prefect_federated.cli.consent_records import (
    check_subject,
    draft,
    erase,
    prove_subject,
    seal,
    subjects_app,
    template,
)
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs, show_table, show_time
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.privacy import DELTA

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.records import Sent
    from prefect_federated.core.consent import GrantState

consent_app = typer.Typer(help="Consent: records, grants, subjects, withdrawal, erasure.", no_args_is_help=True)

consent_app.command("template", epilog="Example: federated consent template > template.json")(template)
consent_app.command(
    "draft",
    epilog="Example: federated consent draft c.sealed --template t.json --silo 0x70..C8 --holder 0xf3..66"
    " --data data.csv --code HMB --code NPU --sealing-key s.pem",
)(draft)
consent_app.command("seal", epilog="Example: federated consent seal consent.json --sealing-key s.pem")(seal)
consent_app.add_typer(subjects_app, name="subjects")
consent_app.command(
    "prove-subject", epilog="Example: federated consent prove-subject c.sealed 4711 --sealing-key s.pem --out p.json"
)(prove_subject)
consent_app.command("check-subject", epilog="Example: federated consent check-subject p.json")(check_subject)
consent_app.command("erase", epilog="Example: federated consent erase c.sealed --yes")(erase)

GrantArgument = Annotated[str, typer.Argument(metavar="GRANT", help="Id of the grant, 0x and 64 hex digits.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="Write it to this file for somebody else to bring; send nothing.")
]
RelayOption = Annotated[
    int, typer.Option("--relay-within", min=1, help="Seconds within which it must be brought, chain time.")
]


@consent_app.command(
    epilog="Example: federated consent grant c.sealed --sealing-key s.pem --keystore dpo.json --submit"
)
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def grant(
    record: RecordArgument,
    sealing_key: KeyOption,
    sender: Sender,
    where: Where,
    submit_now: Annotated[bool, typer.Option("--submit", help="Send it too, as the holder.")] = False,
    out: OutOption = None,
    relay_within: RelayOption = 86_400,
    root: Annotated[str, typer.Option(help="Root of the dataset's rows, where it is not registered yet.")] = "",
    epsilon: EpsilonOption = None,
    delta: DeltaOption = DELTA,
) -> None:
    """Sign the grant that a record describes; the record learns its id.

    With --epsilon all commits under it together stay (epsilon, delta)-differentially private for each row, and only
    tasks that count their privacy loss may use it. With --submit the dataset is registered first if it is not. An
    ERC-1271 contract that holds a dataset registers it itself; one of its owners signs with --out.
    """
    from prefect_federated.adapters.granting import sign_record

    if submit_now == (out is not None):
        raise ConfigurationError("say either --submit or --out FILE; exactly one of them")
    key, federation = open_key(sealing_key, sender), where.open(sender)
    signed, grant_id = sign_record(federation, sender.account(), record, key, relay_within, limit_from(epsilon, delta))
    if out is not None:
        write_new(out, signed.to_json())
        say(f"signed grant 0x{grant_id.hex()}; have `federated consent submit {out}` run within {relay_within} s")
        return
    if not int(federation.dataset_of(signed.grant.dataset)[0], 16):
        federation.register_dataset(signed.grant.dataset, hash_of(root) if root else bytes(32))
    federation.grant(signed.grant, signed.signature)
    say(f"grant 0x{grant_id.hex()} is on chain")


@consent_app.command(epilog="Example: federated consent submit grant.json --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def submit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A grant or withdrawal that its holder signed.")],
    sender: Sender,
    where: Where,
) -> None:
    """Bring what a data holder signed; anybody may, and nobody can change it."""
    from prefect_federated.core.signed_consent import SignedGrant, parse_signed, require_place

    try:
        signed = parse_signed(file.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read ({type(error).__name__}); name the right file") from error
    federation = where.open(sender)
    require_place(signed, federation.chain_id, federation.addresses.consent)
    if isinstance(signed, SignedGrant):
        say(f"grant 0x{federation.grant(signed.grant, signed.signature).hex()} is on chain")
        return
    sent = federation.withdraw_and_retract_by_signature(signed.grant_id, signed.deadline, signed.signature)
    _say_withdrawn(sent, signed.grant_id)


@consent_app.command(epilog="Example: federated consent withdraw 0x12...ef --keystore dpo.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def withdraw(
    grant_id: GrantArgument, sender: Sender, where: Where, out: OutOption = None, relay_within: RelayOption = 86_400
) -> None:
    """Take a grant back for good, and what a running round holds under it out of that round, in one transaction.

    Models trained before still hold what they learned.
    """
    from prefect_federated.adapters.evm.consent import sign_withdrawal
    from prefect_federated.core.signed_consent import SignedWithdrawal

    federation, withdrawn = where.open(sender), hash_of(grant_id)
    state = federation.grant_state(withdrawn)
    if state.withdrawn_at:
        say(f"grant {grant_id} was withdrawn at {show_time(state.withdrawn_at)}; nothing to do")
        return
    if out is None:
        _say_withdrawn(federation.withdraw_and_retract(withdrawn), withdrawn)
        return
    place, deadline = (federation.chain_id, federation.addresses.consent), federation.chain_time() + relay_within
    signature = sign_withdrawal(sender.account(), place[1], place[0], withdrawn, deadline)
    write_new(out, SignedWithdrawal(*place, withdrawn, deadline, signature).to_json())
    say(f"signed; have `federated consent submit {out}` run within {relay_within} s: nothing is withdrawn before that")


@consent_app.command(epilog="Example: federated consent show 0x12...ef --json")
@console.says_what_to_do
@takes(where=Where)
def show(grant_id: GrantArgument, where: Where, delta: DeltaOption = DELTA, as_json: JsonOption = False) -> None:
    """Show how a grant stands, and what of its privacy budget was spent."""
    federation = where.open()
    state = federation.grant_state(hash_of(grant_id))
    found = grant_record(state, federation.chain_time()) | budget_record(state.budget, state.spent, delta)
    if as_json:
        console.print_json(found)
        return
    show_pairs(f"Grant {grant_id}", [(name.replace("_", " "), _shown(name, value)) for name, value in found.items()])


@consent_app.command("list", epilog="Example: federated consent list --silo 0xf39F...2266")
@console.says_what_to_do
@takes(where=Where)
def list_grants(
    where: Where,
    silo: Annotated[str | None, typer.Option(help="Grants to this account only.")] = None,
    holder: Annotated[str | None, typer.Option(help="Grants of this data holder only.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the grants that were ever brought, and how each stands."""
    federation = where.open()
    rows = list(_grants(federation, silo and account_of(silo, None), holder and account_of(holder, None)))
    if as_json:
        console.print_json(rows)
        return
    names = ("grant_id", "holder", "silo", "status", "purposes", "expiry")
    cells = [tuple(_shown(name, row[name]) for name in names) for row in rows]
    show_table("Grants", [name.replace("_", " ") for name in names], cells)


def grant_record(state: "GrantState", now_s: int) -> dict[str, Any]:
    """A grant with stable names."""
    from prefect_federated.core.duo import purpose_codes

    return {
        "grant_id": "0x" + state.grant_id.hex(),
        "status": _status(state, now_s),
        "holder": state.holder,
        "silo": state.silo,
        "dataset": "0x" + state.dataset.hex(),
        "purposes": purpose_codes(state.purposes),
        "valid_from": state.valid_from,
        "expiry": state.expiry,
        "withdrawn_at": state.withdrawn_at or None,
        "columns": "0x" + state.columns.hex(),
        "subjects": "0x" + state.subjects.hex(),
        "record": "0x" + state.record.hex(),
    }


def _say_withdrawn(sent: "Sent", grant_id: bytes) -> None:
    out = sum(event.name == "UpdateRetracted" for event in sent.events)
    say(f"grant 0x{grant_id.hex()} is withdrawn, and {out} running commits under it are out of their rounds")
    for late in (event.args for event in sent.events if event.name == "NotRetracted"):
        say(f"the one in round {late['task']}/{late['round']} came too late for that: see `federated remedy list`")


def _status(state: "GrantState", now_s: int) -> str:
    if state.withdrawn_at:
        return "withdrawn"
    if now_s < state.valid_from:
        return "not yet valid"
    return "live" if now_s < state.expiry else "expired"


def _grants(federation: "Federation", silo: str | None, holder: str | None) -> list[dict[str, Any]]:
    from prefect_federated.adapters.evm.granted import granted_ids

    now_s = federation.chain_time()
    states = (federation.grant_state(grant_id) for grant_id in granted_ids(federation, silo))
    return [grant_record(state, now_s) for state in states if holder in (None, state.holder)]


def _shown(name: str, value: Any) -> Any:
    return show_time(value) if name in ("valid_from", "expiry", "withdrawn_at") and value else value
