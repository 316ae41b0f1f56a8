"""A federation of four hospitals whose updates are masked, who leave their letters, and a relayer that brings them."""

from pathlib import Path

from prefect_federated.adapters.evm.rpc import set_balance
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.relaying import letters_until
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.participate import take_part
from prefect_federated.flows.relay import bring
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import PURSE_WEI, Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import Found

HOSPITALS = ("hospital-a", "hospital-b", "hospital-c", "hospital-d")
STEPS = {"share": "dealings", "commit": "commits", "reveal": "openings", "unmask": "shown shares"}


def with_relayer(found: Found, folder: Path, rounds: int = 3) -> tuple[Consortium, Relayer]:
    """Everybody shares a mailbox; three shares open a secret, three updates make a round."""
    made = scene.found_with("masked and relayed", found, folder, rounds=rounds, hospitals=HOSPITALS)
    for name in HOSPITALS:
        made.members[name] = made.members[name].model_copy(
            update={"commit_by": "relayed", "mailbox": folder / "mailbox"}
        )
    account = make_account(folder / "keys", made.ground.plot.seed, "relayer")
    set_balance(made.federation().w3, account.address, PURSE_WEI)
    block = Relayer(label="relayer", chain=made.chain, signer=account.signer, mailbox=folder / "mailbox")
    return made, block


def leave(consortium: Consortium, spec: RoundSpec, *names: str) -> list[str]:
    """Let silos do what is due; what each did."""
    return [take_part(scene.members(consortium)[name].silo, spec.task) for name in names or HOSPITALS]


def brought(consortium: Consortium, relayer: OpenRelayer, spec: RoundSpec) -> str:
    """What the relayer brings, once it waits no longer; then the next phase is open, if need be past a deadline."""
    federation = consortium.federation("sponsor")
    phase = federation.round_state(spec.task).phase
    if (told := bring(relayer, spec.task)) == "nothing":
        federation.wait_until(letters_until(federation.round_state(spec.task)))
        told = bring(relayer, spec.task)
    if federation.round_state(spec.task).phase is phase:
        scene.pass_deadline(consortium)
        federation.tick(spec.task)
    federation.wait_until(federation.round_state(spec.task).opens_at)
    return told
