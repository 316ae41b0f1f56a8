"""What a simulation is asked for, checked before anything is started.

words of the command line --named errors--> Options        "dirichlet:0.1" --> Partition("dirichlet", alpha=0.1)
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import ValidationError

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.local_spec import LocalSpec, Sgd
from prefect_federated.core.masked_numbers import ACROSS_GROUPS, FEWEST_MASKED
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.spec import CommitteeSpec, RuleSpec

DATA_SETS = ("digits", "breast-cancer")
UNIT = 16  # members that train as one program
TRIMMING = ("trimmed_mean",)  # their `trim` is how many attackers they stand; that of all others is `byzantine`
MOST_SEATS = 31  # of a committee, on chain
PROXIMAL_MU = 0.1  # of fedprox, where the spec asks for a number and has none of its own


@dataclass(frozen=True, slots=True)
class Partition:
    """How the rows are dealt out: evenly at random, by Dirichlet shares of each label, or by the values of a column."""

    kind: Literal["iid", "dirichlet", "by-column"]
    alpha: float = 0.0
    column: str = ""

    def __str__(self) -> str:
        """As the command line takes it."""
        setting = {"dirichlet": f":{self.alpha:g}", "by-column": f":{self.column}"}.get(self.kind, "")
        return self.kind + setting


@dataclass(frozen=True, slots=True)
class Options:
    """A simulation, as asked for. The same options give the same final model, whatever `shards` and `workers` are."""

    participants: int = 20
    rounds: int = 5
    cohort: int = 0  # drawn for each round; 0 is everybody
    attackers: int = 0
    attack: str = ""
    rule: str = "mean"
    algorithm: str = "fedavg"
    data: str = "digits"
    target: str = ""  # of a CSV file; its last column if empty
    plan: str = ""  # reference of a training plan, which runs with its own defaults; a `TabularClassifier` if empty
    partition: Partition = Partition("iid")
    norm_rule: bool = False
    committee: int = 3  # validators, all of whom judge every round; 0 is none
    scores: str = "loss"  # how they score updates
    clip_norm: float = 6.0
    epochs: int = 5
    batch_size: int = 16
    lr: float = 0.1
    hidden: tuple[int, ...] = (32,)
    device: str = "cpu"  # or "cuda"
    seed: int = 0
    shards: int = 0  # tasks that a stage is cut into; 0 is one for each worker
    run_each: int = 20  # up to so many participants each has a run of its own in MLflow
    unit: int = UNIT  # members that train as one program; another number may give other last bits
    runner: str = "threads"  # or "ray"
    ray_address: str = ""  # of a cluster; empty starts one on this machine
    workers: int = 0  # threads; 0 is one for each core, four at most
    mode: str = "clear"  # or "masked": nobody sees a single update, everybody acts by itself
    drop: int = 0  # of a masked run: how many leave in the first round
    group: int = 0  # of a masked run: members of a group that masks within itself; 0 is one sum of all

    def __post_init__(self) -> None:
        """Refuse what cannot be simulated.

        Raises:
            ConfigurationError: with both values, and what to do.
        """
        if self.attackers >= self.participants:
            raise ConfigurationError(
                f"{self.attackers} attackers of {self.participants} participants leave nobody honest; lower --attackers"
                " or raise --participants"
            )
        if bool(self.attackers) != bool(self.attack):
            raise ConfigurationError(
                f"--attackers {self.attackers} and --attack {self.attack or '(none)'} do not go together; give both,"
                " or neither"
            )
        if not 0 <= self.cohort <= self.participants:
            raise ConfigurationError(
                f"a cohort of {self.cohort} cannot be drawn from {self.participants} participants; lower --cohort, or"
                " leave it out to have everybody in each round"
            )
        if not 0 <= self.committee <= MOST_SEATS:
            raise ConfigurationError(
                f"a committee has 0 to {MOST_SEATS} seats, --committee asks for {self.committee}; give it one of these"
            )
        if self.scores not in score_names():
            raise ConfigurationError(
                f"there are no scores {self.scores!r}; --scores takes one of {', '.join(score_names())}"
            )
        bare = rule_spec(self.rule, self.most_attackers, radius=1, root="0x" + 40 * "1")
        needed, drawn = bare.fewest, self.drawn
        if needed > drawn:
            raise ConfigurationError(
                f"rule {self.rule} against {self.most_attackers} attackers needs {needed} updates, a round has"
                f" {drawn}; lower --attackers, raise --participants or --cohort, or choose another --rule"
            )
        if self.mode == "masked":
            self._require_maskable()
        elif self.drop or self.group:
            option = f"--drop {self.drop}" if self.drop else f"--group {self.group}"
            raise ConfigurationError(f"{option} goes with --mode masked, the mode is {self.mode}; give both")
        if self.ray_address and self.runner != "ray":
            raise ConfigurationError(
                f"--ray-address {self.ray_address} goes with --runner ray, the runner is {self.runner}; give both, or"
                " neither"
            )
        algorithm(self.algorithm)

    def _require_maskable(self) -> None:
        """Nothing needs to see single updates, and enough stay to open their sum."""
        asked = {
            f"--rule {self.rule}": self.rule not in (ACROSS_GROUPS if self.group else ("mean",)),
            f"--attackers {self.attackers}": self.attackers > 0,
            f"--committee {self.committee}": self.committee > 0,
            "--norm-rule": self.norm_rule,
            f"--runner {self.runner}": self.runner != "threads",
            f"--cohort {self.cohort}": self.cohort > 0,
        }
        for option, there in asked.items():
            if there:
                raise ConfigurationError(
                    f"{option} with --mode masked: nobody sees a single update, and each participant acts by itself;"
                    " leave one of them out; rules by rank go with --group"
                )
        if self.participants < FEWEST_MASKED:
            raise ConfigurationError(
                f"{self.participants} participants in a masked round; give {FEWEST_MASKED} of them or more"
            )
        if self.group and not FEWEST_MASKED <= self.group <= self.threshold:
            raise ConfigurationError(
                f"--group {self.group} of {self.participants} participants; give {FEWEST_MASKED} to {self.threshold},"
                " the fewest who may be left in a round"
            )
        if self.drop and self.participants - self.drop < self.threshold:
            raise ConfigurationError(
                f"--drop {self.drop} of {self.participants} leaves {self.participants - self.drop}, a masked sum needs"
                f" {self.threshold}; lower --drop or raise --participants"
            )

    @property
    def threshold(self) -> int:
        """Shares that open a secret in a masked run: more than half."""
        return max(FEWEST_MASKED, self.participants // 2 + 1)

    @property
    def drawn(self) -> int:
        """Participants of one round."""
        return self.cohort or self.participants

    @property
    def most_attackers(self) -> int:
        """The most attackers that a round can have."""
        return min(self.attackers, self.drawn)


def partition_of(text: str) -> Partition:
    """Read `iid`, `dirichlet:ALPHA` or `by-column:NAME`.

    Raises:
        ConfigurationError: it is none of them.
    """
    kind, _, setting = text.partition(":")
    if kind == "by-column" and setting:
        return Partition("by-column", column=setting)
    if text == "iid":
        return Partition("iid")
    try:
        alpha = float(setting) if kind == "dirichlet" else 0.0
    except ValueError:
        alpha = 0.0
    if not 0 < alpha < float("inf"):
        raise ConfigurationError(
            f"partition {text!r} is none of iid, dirichlet:ALPHA with ALPHA above 0 such as dirichlet:0.1, and"
            " by-column:NAME; write it as one of them"
        )
    return Partition("dirichlet", alpha=alpha)


def rule_names() -> tuple[str, ...]:
    """Every aggregation rule that a task spec can name."""
    return tuple(get_args(RuleSpec.model_fields["name"].annotation))


def rule_spec(
    name: str, attackers: int, norm_bound: int | None = None, radius: int | None = None, root: str | None = None
) -> RuleSpec:
    """A rule set to stand so many attackers.

    Args:
        radius: norm in words that centred_clip scales to.
        root: account of the participant whom root_of_trust trusts.

    Raises:
        ConfigurationError: there is no such rule.
    """
    if name not in rule_names():
        raise ConfigurationError(f"there is no rule {name!r}; --rule takes one of {', '.join(rule_names())}")
    settings: dict[str, Any] = {"trim" if name in TRIMMING else "byzantine": attackers if name != "mean" else 0}
    settings |= {"radius": radius} if name == "centred_clip" else {}
    settings |= {"root": root} if name == "root_of_trust" else {}
    try:
        return RuleSpec(name=name, norm_bound=norm_bound, **settings)
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise ConfigurationError(f"rule {name} against {attackers} attackers: {problem}; choose another") from error


def score_names() -> tuple[str, ...]:
    """Every way in which a committee can score updates."""
    return tuple(get_args(CommitteeSpec.model_fields["scores"].annotation))


def algorithm_names() -> tuple[str, ...]:
    """Every algorithm that a task spec can name, for the silos or for the server."""
    names = [kind.model_fields["name"].default for kind in (*_kinds(ServerSpec), *_kinds(LocalSpec))]
    return tuple(dict.fromkeys(name for name in names if name != Sgd().name))


def algorithm(name: str) -> tuple[LocalSpec, ServerSpec]:
    """What silos and server do under an algorithm of that name, set as it comes; the other side stays plain.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in algorithm_names():
        raise ConfigurationError(
            f"there is no algorithm {name!r}; --algorithm takes one of {', '.join(algorithm_names())}"
        )
    local, server = _named(LocalSpec, name) or Sgd(), _named(ServerSpec, name) or FedAvg()
    return local, server


def _named(union: Any, name: str) -> Any | None:
    for kind in _kinds(union):
        if kind.model_fields["name"].default == name:
            needed = {"mu": PROXIMAL_MU} if "mu" in kind.model_fields else {}
            return kind(**needed)
    return None


def _kinds(union: Any) -> tuple[Any, ...]:
    return get_args(get_args(union)[0])
