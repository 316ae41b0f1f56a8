"""`federated doctor`: does everything that the product stands on work on this machine?

Python, package versions --> imports --> Prefect server --> chain --> store;   each line says what to do if it failed
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.tables import show_table
from prefect_federated.core.errors import FederatedError

FAILED = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the diagnosis; `advice` is empty where nothing is wrong."""

    check: str
    ok: bool
    found: str
    advice: str = ""


@console.says_what_to_do
def doctor(
    chain: Annotated[
        str | None, typer.Option(envvar="FEDERATED_CHAIN", help="Ask this chain instead of starting one.")
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Try this store instead of a temporary folder: s3://..., ipfs://..., local:DIR.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Check versions, imports, Prefect's server, the chain and the store; ends with 2 if something is wrong."""
    waiting = nullcontext() if as_json else console.err.status("checking versions")
    findings: list[Finding] = []
    with waiting as spinner:
        for name, check in _checks(chain, store):
            if spinner is not None:
                spinner.update(f"checking {name}")
            findings += _safely(name, check)
    healthy = all(finding.ok for finding in findings)
    if as_json:
        console.print_json({"ok": healthy, "checks": [asdict(finding) for finding in findings]})
    else:
        _show(findings, healthy)
    raise typer.Exit(0 if healthy else FAILED)


Check = Callable[[], "Finding | list[Finding]"]


def _checks(chain: str | None, store: str | None) -> Iterator[tuple[str, Check]]:
    from prefect_federated.cli import checkup

    yield "Python", checkup.python_version
    yield "packages", checkup.packages
    yield "imports", checkup.imports
    yield "Prefect server", checkup.prefect_server
    yield "chain", lambda: checkup.chain(chain)
    yield "store", lambda: checkup.store(store)


def _safely(name: str, check: Check) -> list[Finding]:
    """Run a check; whatever it raises is a finding, not the end of the diagnosis."""
    try:
        found = check()
    except FederatedError as error:
        what, _, advice = str(error).rpartition("; ")
        found = Finding(name, False, what or str(error), advice if what else "")
    except Exception as error:  # a broken installation may raise anything
        found = Finding(name, False, f"{type(error).__name__}: {error}", "reinstall with the pinned constraints.txt")
    return found if isinstance(found, list) else [found]


def _show(findings: list[Finding], healthy: bool) -> None:
    rows = [(f.check, "ok" if f.ok else "FAILED", f.found, f.advice) for f in findings]
    show_table("What federated stands on", ("check", "result", "found", "what to do"), rows)
    failed = sum(not finding.ok for finding in findings)
    console.out.print(
        "[green]Everything works.[/] Try `federated demo`." if healthy else f"[red]{failed} checks failed.[/]"
    )
