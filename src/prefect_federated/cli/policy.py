"""`federated policy`: a silo's own rules, signed by whoever answers for them.

rules.json -> sign -> policy.json, which the Silo block names with its signer        show
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.core.errors import ConfigurationError

policy_app = typer.Typer(
    help="A silo's own rules, which beat any task's: signed, so that nobody changes them unnoticed.",
    no_args_is_help=True,
)


@policy_app.command(epilog="Example: federated policy sign rules.json policy.json --silo 0x3C44... --keystore dpo.json")
@console.says_what_to_do
@takes(sender=Sender)
def sign(
    rules: Annotated[Path, typer.Argument(help="JSON file with the fields of the policy, e.g. min_cohort.")],
    out: Annotated[Path, typer.Argument(help="Where the signed policy is written; replaced.")],
    silo: Annotated[str, typer.Option(help="Account of the silo that it is for.")],
    sender: Sender,
    serial: Annotated[
        int, typer.Option(min=0, help="Above that of the policy it replaces; 0 is one above that in OUT, else 1.")
    ] = 0,
) -> None:
    """Sign the rules of a silo; a silo takes none with a lower serial than one that it had in force."""
    from prefect_federated.adapters.policy_file import sign_policy
    from prefect_federated.cli.account import account_of
    from prefect_federated.core.signed_policy import rules_of

    policy = rules_of(_content(rules), str(rules))
    account, number = sender.account(), _serial(out, serial)
    out.write_bytes(sign_policy(account, account_of(silo, None), number, policy).to_bytes())
    console.out.print(
        f"{out}: serial {number}, signed by {account.address}; name both in the Silo block, as policy_file and"
        " policy_signer",
        soft_wrap=True,
    )


@policy_app.command(epilog="Example: federated policy show policy.json --json")
@console.says_what_to_do
def show(
    path: Annotated[Path, typer.Argument(help="Signed policy.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show what a signed policy says, for which silo, and who signed it."""
    from prefect_federated.adapters.policy_file import signer_of_policy
    from prefect_federated.core.signed_policy import parse_policy

    document = parse_policy(_content(path), str(path))
    record = {
        "silo": document.silo,
        "serial": document.serial,
        "signer": signer_of_policy(document),
        "policy": document.policy.model_dump(mode="json"),
    }
    if as_json:
        print(json.dumps(record, indent=1))
        return
    console.out.print(
        f"silo {record['silo']}, serial {document.serial}, signed by {record['signer'] or 'nobody'}", soft_wrap=True
    )
    for field, value in document.policy.model_dump(mode="json").items():
        console.out.print(f"  {field}: {json.dumps(value)}", soft_wrap=True, highlight=False)


def _serial(out: Path, asked: int) -> int:
    """The serial that is asked for, or one above that of the policy it replaces; no silo would take a lower one."""
    from prefect_federated.core.signed_policy import parse_policy

    there = parse_policy(_content(out), str(out)).serial if out.exists() else 0
    if 0 < asked <= there:
        raise ConfigurationError(
            f"--serial {asked}, and the policy in {out} has {there}: a silo takes none that is not above; leave"
            f" --serial out, or give {there + 1} or more"
        )
    return asked or there + 1


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__}); name the file") from error
