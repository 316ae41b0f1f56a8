"""Blocks on a real Prefect server: registered with all their words, saved with their secrets hidden, opened again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings
from pydantic import SecretStr

import prefect_federated.blocks as blocks
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.rpc import connect
from prefect_federated.adapters.keys import SealingKey, create_keystore, dev_key
from prefect_federated.blocks import EvmChain, LocalStore, Signer, Silo
from prefect_federated.core.policy import Policy
from tests.deployments.orchestra import prefect_server, run

pytestmark = pytest.mark.slow
EVERY = {block.get_block_type_slug(): block for block in (getattr(blocks, name) for name in blocks.__all__)}
PASSWORD = "correct horse battery staple"
PLAN = "0x" + "ab" * 32


@dataclass(frozen=True)
class Server:
    """Where it answers, and where it keeps what it is told."""

    api: str
    home: Path

    def remembers(self, words: str) -> bool:
        """Whether these words lie anywhere in the server's folder in the clear."""
        return any(words.encode() in path.read_bytes() for path in self.home.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("prefect")
    with prefect_server(home) as api, temporary_settings({PREFECT_API_URL: api}):
        yield Server(api, home)


def test_registering_the_module_lists_every_block_with_what_it_is_for(server: Server, tmp_path: Path) -> None:
    told = run(tmp_path, server.api, "prefect", "block", "register", "-m", "prefect_federated.blocks")
    assert f"Successfully registered {len(EVERY)} blocks" in told
    with get_client(sync_client=True) as client:
        found = {slug: client.read_block_type_by_slug(slug) for slug in EVERY}
        schemas = {slug: client.get_most_recent_block_schema_for_block_type(found[slug].id) for slug in EVERY}
    for slug, block in EVERY.items():
        assert found[slug].name == block._block_type_name
        assert found[slug].description == block.get_description()
        assert found[slug].code_example and found[slug].logo_url and found[slug].documentation_url
        form = schemas[slug].fields["properties"]  # type: ignore[union-attr]
        assert {name: field.title for name, field in block.model_fields.items()} == {
            name: field.get("title", block.model_fields[name].title)  # Prefect drops the title of a nested block
            for name, field in form.items()
        }


def test_saved_silo_opens_as_it_was_and_its_password_is_nowhere_in_the_clear(server: Server, tmp_path: Path) -> None:
    signer = keys(tmp_path)
    with Devnet.start() as devnet:
        devnet.fund(signer.account().address, 10**18)
        w3 = connect(devnet.url)
        deployment = deploy(w3, signer.account(), Outbox(tmp_path / "deployer", w3, signer.account()))
        silo(
            tmp_path,
            signer,
            EvmChain(rpc_url=devnet.url, chain_id=devnet.chain_id, coordinator=deployment.coordinator),
        ).save("hospital-x")
        opened = Silo.load("hospital-x").open()  # type: ignore[union-attr]
        assert opened.party.account == signer.account().address
        assert opened.party.sealing_key.public_bytes == signer.open_sealing_key().public_bytes
        assert opened.party.federation.tasks() == 0
        assert opened.policy == Policy(approved_plans=(PLAN,), min_rows=7, purposes=("HMB",))
    assert server.remembers("hospital-x")
    assert not server.remembers(PASSWORD)


def keys(folder: Path) -> Signer:
    create_keystore(folder / "keystore.json", PASSWORD, dev_key(7, "hospital-x"), dev=True)
    SealingKey.from_seed(dev_key(7, "sealing")).save(folder / "sealing.pem", PASSWORD)
    return Signer(
        keystore=folder / "keystore.json",
        sealing_key=folder / "sealing.pem",
        password=SecretStr(PASSWORD),
        home=folder / "home",
    )


def silo(folder: Path, signer: Signer, chain: EvmChain) -> Silo:
    return Silo(
        label="hospital-x",
        chain=chain,
        signer=signer,
        store=LocalStore(root=folder / "store"),
        data=folder / "data.csv",
        consent_record=folder / "consent.json",
        approved_plans=[PLAN],
        min_rows=7,
        purposes=["HMB"],
    )
