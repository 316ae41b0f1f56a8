"""Of a masked round nobody can tell an update or a row: every byte that left a silo, or its reader, is searched."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.masking import session_of
from prefect_federated.adapters.party import Party
from prefect_federated.core.combine import Words
from prefect_federated.core.masking.answer import CHUNK, MAGIC, OpenShare, _parsed
from prefect_federated.core.masking.shamir import join
from prefect_federated.core.masking.sharing import MASKING_KEY, SELF_SEED
from prefect_federated.core.merkle import chunks_of
from prefect_federated.core.round import Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.heartbeat import without_heartbeat
from prefect_federated.learning.update import EncodedUpdate
from tests.data_checks.conftest import ROOT, keeping
from tests.data_checks.masked_scene import LEAVER, STAYED, MaskedScene, stage_masked
from tests.data_checks.scene import HOSPITALS
from tests.data_checks.searching import (
    COMMON,
    chain_dump,
    chain_traffic,
    files,
    forms,
    leaks,
    prefect_database,
    results_in,
)

FOLDERS = ("mlflow", "keys", "data-docs")
PARTS = ("bucket", "store traffic", "chain traffic", "chain", "readers", "prefect", "results", "logs", *FOLDERS)
EXPECTED = {
    "prefect": b"data-checks",
    "results": b"RoundResult",
    "logs": b"Finished in state Completed",
    "store traffic": b"federated-envelope/1",
}


@pytest.fixture(scope="module")
def staged(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, ExitStack]]:
    """A chain, a folder, and Prefect keeping every line of its log and every result."""
    folder = tmp_path_factory.mktemp("masked-round")
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)  # where anvil is looked for
            devnet = stack.enter_context(Devnet.start())
        stack.enter_context(keeping(folder / "results"))
        stack.enter_context(without_heartbeat())
        yield folder, devnet.url, stack


@pytest.fixture(scope="module")
def scene(staged: tuple[Path, str, ExitStack]) -> MaskedScene:
    folder, url, stack = staged
    return stage_masked(stack, url, folder / "out", folder / "log.txt", folder / "results")


def part_of(scene: MaskedScene, part: str) -> list[bytes]:
    """All bytes of one of the places that a round writes to."""
    if part == "bucket":
        return [content for _, content in scene.objects()]
    if part == "store traffic":
        return scene.store_said
    if part == "chain traffic":
        return chain_traffic(scene.chain_said)
    if part == "chain":
        return [chain_dump(scene.consortium)]
    if part == "readers":
        return [plain for reader in ("aggregator", "standby") for plain in scene.opened_by(reader).values()]
    if part == "prefect":
        return prefect_database()
    if part == "results":
        return results_in(scene.results)
    if part == "logs":
        return [scene.log.read_bytes()]
    return [path.read_bytes() for path in files(scene.consortium.ground.out / part)]


def words_of(scene: MaskedScene, name: str) -> list[bytes]:
    """A hospital's update and the model that it trained to, in every form that they had within its walls."""
    update = scene.update(name)
    return forms(update.words, update.weight, scene.base, scene.consortium.spec.model.frac_bits)


def secrets_of(scene: MaskedScene) -> dict[str, bytes]:
    """All 32 bytes that must not be out: of who stayed the masking key, of who left the self seed, of all the rest."""
    found = {}
    for name in HOSPITALS:
        own, party = scene.secrets(name), scene.party(name)
        found |= {f"{name}: sealing key": party.sealing_key.private_bytes, f"{name}: coins": own.coins}
        found |= {f"{name}: polynomial {role}": own.polynomial(role, 3)[:32] for role in ("masking key", "self seed")}
        found |= {f"{name}: masking key": own.masking_key, f"{name}: self seed": own.self_seed}
        found |= {
            f"{name}: seed with {other}": seed for other, seed in scene.pair_seeds(name).items() if other != own.index
        }
    accounts = scene.consortium.ground.accounts.values()
    found |= {f"{one.name}: signing key": bytes(one.signer.account().key) for one in accounts}
    return found | {f"{n}: sealing key": scene.party(n).sealing_key.private_bytes for n in ("aggregator", "standby")}


@pytest.fixture(scope="module")
def wanted(scene: MaskedScene) -> dict[bytes, str]:
    """What is searched for, and what it is."""
    found = {needle: f"rows, {needle!r}" for one in COMMON for needle in (one, one.hex().encode())}
    found |= {needle: f"update of {name}" for name in HOSPITALS for needle in words_of(scene, name)}
    secrets = secrets_of(scene)
    found |= {secret: what for what, secret in secrets.items()}
    return found | {secret.hex().encode(): f"{what}, in hex" for what, secret in secrets.items()}


def found_in(contents: list[bytes], wanted: dict[bytes, str]) -> set[str]:
    return {wanted[needle] for content in contents for needle in leaks(content, list(wanted))}


def test_the_round_ended_with_the_sum_of_who_stayed(scene: MaskedScene) -> None:
    assert scene.result.log.status is Status.DEGRADED, "without who left"
    gone = scene.party(LEAVER).account
    assert len(scene.result.log.aggregated) == 3 and gone not in scene.result.log.aggregated


@pytest.mark.parametrize("part", PARTS)
def test_no_update_no_row_and_no_secret_is_found(scene: MaskedScene, wanted: dict[bytes, str], part: str) -> None:
    contents = part_of(scene, part)
    assert len(b"".join(contents)) > 1000, part
    assert EXPECTED.get(part, b"") in b"".join(contents), "it is the round that was searched"
    assert found_in(contents, wanted) == set()


def test_messages_of_share_and_unmask_were_among_what_was_searched(scene: MaskedScene) -> None:
    bucket = part_of(scene, "bucket")
    assert len([one for one in bucket if one.startswith(b"PFM1")]) == 4
    assert len([one for one in bucket if one.startswith(b"PFU1")]) == 3
    assert len(scene.opened_by("aggregator")) == 4, "also of who left: its key was out, and its payload is read"


def test_what_is_searched_for_would_be_found(scene: MaskedScene, wanted: dict[bytes, str]) -> None:
    for name in HOSPITALS:
        update = scene.update(name)
        assert found_in([update.words.tobytes()], wanted) == {f"update of {name}"}
        assert found_in([(update.words * np.int32(update.weight)).tobytes()], wanted) == {f"update of {name}"}
    assert found_in([scene.secrets(LEAVER).self_seed], wanted) == {f"{LEAVER}: self seed"}


def shown(scene: MaskedScene) -> dict[tuple[int, int], dict[int, bytes]]:
    """By sharer and role the shares that lie in the store, by who showed them."""
    found: dict[tuple[int, int], dict[int, bytes]] = defaultdict(dict)
    for message in (one for one in part_of(scene, "bucket") if one.startswith(MAGIC)):
        head, *rows = (bytes(chunk) for chunk in chunks_of(message, CHUNK))
        for share in (_parsed(row, "a test") for row in rows):
            assert isinstance(share, OpenShare)
            found[share.sharer, share.role][int.from_bytes(head[36:40], "big")] = share.share
    return found


def test_all_answers_together_open_one_secret_of_each_and_no_other(scene: MaskedScene) -> None:
    session = session_of(scene.party(HOSPITALS[0]), scene.spec)
    own = {scene.secrets(name).index: scene.secrets(name) for name in HOSPITALS}
    stayed = {scene.secrets(name).index for name in STAYED}
    answers = shown(scene)
    assert set(answers) == {(index, SELF_SEED if index in stayed else MASKING_KEY) for index in own}
    for (sharer, role), shares in answers.items():
        joined = join(dict(sorted(shares.items())[: session.threshold]))
        assert joined == (own[sharer].self_seed, own[sharer].masking_key)[role == MASKING_KEY]


@pytest.mark.slow
def test_an_update_that_leaves_its_silo_without_a_mask_is_found(staged: tuple[Path, str, ExitStack]) -> None:
    folder, _, stack = staged
    train = import_module("prefect_federated.tasks.train")
    mask, bare = train.masked, HOSPITALS[0]

    def unmasked(party: Party, spec: RoundSpec, update: EncodedUpdate) -> tuple[Words, bytes | None]:
        return (update.words, bytes(32)) if party.name == bare else mask(party, spec, update)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        url = stack.enter_context(Devnet.start()).url
        patch.setattr(train, "masked", unmasked)
        other = stage_masked(stack, url, folder / "bare", folder / "bare.txt", folder / "results")
    wanted = {needle: f"update of {name}" for name in HOSPITALS for needle in words_of(other, name)}
    assert found_in(part_of(other, "readers"), wanted) == {f"update of {bare}"}
    assert other.result.log.status is Status.VOIDED, "and the sum of masks that do not cancel is seen as such"
