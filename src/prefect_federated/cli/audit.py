"""`federated audit`: everything about a model version, from its parents to the grants behind it as they stand today.

events (indexed) + store + the caller's evidence --> Audit --> table | JSON | page | bundle
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.indexed import Indexed
from prefect_federated.cli.mirrored import Mirrored
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.party import Party

Asked = Annotated[str, typer.Argument(help="TASK or MODEL, with @VERSION, @head or @ALIAS; e.g. 1@3, 1@champion.")]
KeyOption = Annotated[
    Path | None,
    typer.Option(help="A silo's encrypted sealing key: shows the counts of data checks that it kept in the store."),
]


@console.says_what_to_do
@takes(where=Where, indexed=Indexed, mirrored=Mirrored)
def audit(
    asked: Asked,
    where: Where,
    indexed: Indexed,
    mirrored: Mirrored,
    store: Annotated[
        str | None, typer.Option(envvar="FEDERATED_STORE", help="Content store, for spec, metrics and documents.")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(help="Folder with evidence files: shows their counts.")] = None,
    sealing_key: KeyOption = None,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page that stands alone.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write a bundle that a script re-verifies anywhere.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Tell where a model version comes from: parents, who did what, data, grants as they stand, code, cases."""
    from prefect_federated.adapters.lineage.auditing import audit as tell
    from prefect_federated.adapters.lineage.collector import collector_held
    from prefect_federated.adapters.lineage.naming import Asked as Name
    from prefect_federated.adapters.lineage.sources import read_documents, read_facts
    from prefect_federated.cli.audit_tables import show

    if evidence is not None and not evidence.is_dir():
        raise ConfigurationError(f"there is no folder {evidence}; --evidence names one with evidence files")
    federation, name, mirror = where.open(), Name.parse(asked), mirrored.open()
    index, party = indexed.over(federation), _party(federation, store, sealing_key)
    with collector_held():
        task = name.task(mirror, f"eip155:{federation.chain_id}:{federation.coordinator.lower()}")
        facts = read_facts(federation, index, task)
        documents = read_documents(party, facts, evidence, vault=sealing_key is not None)
        model = mirror.model_name(documents.spec.name) if mirror and documents.spec else None
        found = tell(asked, facts, name.version(facts.versions, mirror, model), documents)
    if html is not None:
        from prefect_federated.adapters.lineage.page import page

        html.write_text(page(found), encoding="utf-8")
    if export is not None:
        from prefect_federated.adapters.lineage.bundle import export as write

        write(export, federation, party, facts, found, evidence)
    if as_json:
        print(found.model_dump_json(indent=1))
        return
    show(found)
    for path in (html, export):
        if path is not None:
            console.out.print(f"written: {path}", highlight=False, soft_wrap=True)


def _party(federation: "Federation", store: str | None, sealing_key: Path | None) -> "Party | None":
    """An auditor over the store, or the silo that opens its own vault there."""
    from prefect_federated.cli.auditor import auditor

    if store is None:
        if sealing_key is not None:
            raise ConfigurationError("--sealing-key opens what a silo kept in its store; name the store with --store")
        return None
    if sealing_key is None:
        return auditor(federation, store)
    from prefect_federated.adapters.party import Party
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.cli.rest_key import open_key
    from prefect_federated.cli.sender import Sender
    from prefect_federated.core.enforced import NOBODY

    key = open_key(sealing_key, Sender())
    return Party("silo", NOBODY, federation, open_store(store), key)
