"""Sentences about batches: why one is refused, and why an entry of one was skipped; part of `sentences`."""

from prefect_federated.core.errors import ContractRefused, FederatedError

RELAY_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "NotRelayed": (
        ContractRefused,
        "the participants of task {task} act directly; create a task with modes 3 to relay",
    ),
    "NoEquivocation": (
        ContractRefused,
        "these are not two commitments that {participant} signed for round {task}/{round}; nothing to take",
    ),
}

# By the number of `Skip` in IRelays.sol.
SKIPS = (
    "is not in the round's cohort, or holds no bond in it any more",
    "has committed already; the first commitment counts",
    "committed to nothing; it must seal an opening first",
    "named no evidence; it must validate its data first",
    "has no grant that covers the task to the end of Reveal; its data holder must give one",
    "did not sign this entry, nor did its delegate; it must sign for this round, task, chain and contract",
    "owes no opening; it never committed, has revealed, or lost its bond",
    "gives a weight that is 0 or beyond the task's bound",
    "gives a URI that is too long",
    "gives an opening that is not behind its commitment; it must recall the one it sealed",
    "has dealt no shares in this round, or does not survive it; it sits the step out",
    "has dealt its shares, or shown those of others, already; the first ones count",
    "names no masking key or no root; it must make its shares first",
)
