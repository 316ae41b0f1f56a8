"""What a silo has answered statistics about: kept for itself, so that no two answers differ in a few rows.

view --tags of its subjects, cells of each--> answer --held against all earlier ones--> kept in the vault, then sent

Answers under noise are neither held against others nor kept: what they tell together is what the budget counts, and to
refuse one for the rows of another would tell of rows without noise.

Answers are numbered from 0 under names that only this silo finds; the rows' tags lie sealed in the store beside them.
Both are of one sealing key: after a rotation they are numbered anew, and an answer is held against those under a former
key with the tags that this key gives.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from prefect_federated.adapters.former_keys import require_former_keys
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.silo import Silo
from prefect_federated.adapters.vault import Vault
from prefect_federated.core.canonical import canonical, canonical_hash
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import open_stream, seal_stream
from prefect_federated.core.spec import StatisticsPrivacy
from prefect_federated.core.statistics.differencing import Answered, Placement, require_apart
from prefect_federated.learning.plan import load_counting, load_private_counting

if TYPE_CHECKING:
    from prefect_federated.adapters.data.view import ConsentView


def require_answerable(silo: Silo, spec: RoundSpec, view: "ConsentView") -> None:
    """Refuse statistics that would show a few rows beside an earlier answer; other tasks pass.

    Raises:
        PolicyRefused: naming column and earlier round.
        DataRefused: under noise, there are more rows than the task has room for.
        ConfigurationError: the plan does not count as the task asks.
        KeyUnavailable: earlier answers may lie under a former sealing key that is not named.
    """
    agreed, privacy = spec.spec, spec.spec.privacy
    if isinstance(privacy, StatisticsPrivacy):
        load_private_counting(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
        if len(view.frame) > privacy.max_rows:
            raise DataRefused(  # how many is not said: it would be told without noise
                f"round {spec.task}/{spec.round}: this silo has more rows than a silo may have in task"
                f" {agreed.name}, {privacy.max_rows} (privacy.max_rows); stay out, or ask for a task with room"
            )
        return
    if spec.spec.statistics is not None:
        require_former_keys(silo.party, "what was answered before")
        answer = _answer(silo, spec, view)
        for vault in silo.party.vault.each:
            require_apart(list(_earlier(silo.party, vault)), _tagged(answer, vault, view))


def keep_answer(silo: Silo, spec: RoundSpec, view: "ConsentView") -> None:
    """Keep what this round's statistics cover, before they leave; nothing twice, nothing under noise or of other tasks.

    Raises:
        PolicyRefused: as `require_answerable`; another task's answer may have come between.
        KeyUnavailable: as `require_answerable`.
    """
    if spec.spec.statistics is None or spec.spec.privacy is not None:
        return
    party = silo.party
    require_former_keys(party, "what was answered before")
    untagged, (own, *former) = _answer(silo, spec, view), party.vault.each
    for vault in former:
        before, again = list(_earlier(party, vault)), _tagged(untagged, vault, view)
        require_apart(before, again)
        if any(_same(one, again) for one in before):
            return
    answer, earlier = _tagged(untagged, own, view), list(_earlier(party, own))
    document = _sealed(party, answer)
    while True:
        require_apart(earlier, answer)
        if any(_same(one, answer) for one in earlier):
            return
        stands = own.keep(_name(party, len(earlier)), document)
        earlier.append(_opened(party, stands))


def _earlier(party: Party, vault: Vault) -> Iterator[Answered]:
    """Everything that was answered under the vault's sealing key, the first answer first."""
    number = 0
    while (document := vault.recall(_name(party, number))) is not None:
        yield _opened(party, document)
        number += 1


def _tagged(answer: Answered, vault: Vault, view: "ConsentView") -> Answered:
    return replace(answer, tags=np.array([vault.tag(subject) for subject in view.subjects], np.uint64))


def _answer(silo: Silo, spec: RoundSpec, view: "ConsentView") -> Answered:
    """What is answered, its rows without tags."""
    agreed, query = spec.spec, spec.spec.statistics
    assert query is not None
    plan = load_counting(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    placed = plan.place(query, view.frame)
    return Answered(
        chain=f"{spec.chain_id}/{spec.coordinator}".lower(),
        task=spec.task,
        round=spec.round,
        fewest=query.cells.fewest,
        tags=np.array([], np.uint64),
        columns={
            one.name: Placement(
                canonical_hash(one.model_dump(mode="json")).hex(),
                tuple(sorted(placed[one.name].withheld)),
                placed[one.name].cells,
            )
            for one in query.columns
        },
    )


def _sealed(party: Party, answer: Answered) -> bytes:
    """The document of an answer; its rows go into the store, under a key that is in the document alone."""
    from safetensors.numpy import save

    names, key, attempt = list(answer.columns), os.urandom(32), os.urandom(16)
    cells = {f"cells {place}": _of(answer, name).cells.astype(np.uint16) for place, name in enumerate(names)}
    hidden = {f"withheld {place}": np.array(_of(answer, one).withheld, np.uint16) for place, one in enumerate(names)}
    body = list(seal_stream([save({"tags": answer.tags, **cells, **hidden})], key, attempt))
    columns = [{"name": one, "asked": _of(answer, one).asked} for one in names]
    place = {"chain": answer.chain, "task": answer.task, "round": answer.round, "fewest": answer.fewest}
    rows = {"body": party.store.put(body), "bytes": sum(map(len, body)), "key": key.hex()}
    return canonical({**place, "columns": columns, **rows})


def _opened(party: Party, document: bytes) -> Answered:
    """An answer again.

    Raises:
        ContentMissing: its rows are not in the store; nothing can be answered before they are.
    """
    from safetensors.numpy import load

    kept: dict[str, Any] = json.loads(document)
    body = b"".join(party.store.get(kept["body"], kept["bytes"]))
    rows = load(b"".join(open_stream([body], bytes.fromhex(kept["key"]))))
    columns = {
        one["name"]: Placement(
            one["asked"], tuple(rows[f"withheld {place}"].tolist()), rows[f"cells {place}"].astype(np.int64)
        )
        for place, one in enumerate(kept["columns"])
    }
    return Answered(kept["chain"], kept["task"], kept["round"], kept["fewest"], rows["tags"], columns)


def _of(answer: Answered, column: str) -> Placement:
    return answer.columns[column]


def _same(one: Answered, other: Answered) -> bool:
    places = [(answer.chain, answer.task, answer.round) for answer in (one, other)]
    if places[0] != places[1] or not np.array_equal(one.tags, other.tags):
        return False
    return all(np.array_equal(_of(one, name).cells, _of(other, name).cells) for name in other.columns)


def _name(party: Party, number: int) -> str:
    return f"statistics/{party.account}/{number}".lower()
