"""The parameters of a task that the contract enforces, in the contract's own order."""

from typing import Annotated, Literal, get_args

from eth_utils.address import is_address, to_checksum_address
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from prefect_federated.core.words import Word, encode_words, hash_words, keccak256

TASK_TYPEHASH = keccak256(b"Task(uint256 chainId,address coordinator,address sponsor,bytes32 paramsHash)")
NOBODY = "0x" + "0" * 40
RuleName = Literal[
    "mean", "median", "trimmed_mean", "multi_krum", "bulyan", "geometric_median", "centred_clip", "root_of_trust"
]
RULES: tuple[RuleName, ...] = get_args(RuleName)  # in the order of their numbers on chain
REWEIGHTED = 5  # the first rule under which included leaves hold coefficients
MODES = ("clear", "masked")
REWARDS = ("examples", "equal", "scores")
DIRECT, RELAYED, ROLLED = 1, 2, 4
FEWEST_MASKED, MOST_MASKED = 3, 128  # updates of a sum; participants of one graph of masks


def _address(value: str) -> str:
    if not is_address(value) or not value.startswith("0x"):
        raise ValueError(f"{value!r} is no account address (0x and 40 hex digits)")
    checked, digits = to_checksum_address(value), value[2:]
    if value != checked and digits not in (digits.lower(), digits.upper()):
        raise ValueError(f"{value!r} has a wrong checksum; a character was mistyped")
    return checked


def _whole(value: object) -> int:
    """Amounts are whole: 0.5 would otherwise become 0, and a bond nothing."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise ValueError(f"{value!r} is no whole number in the token's smallest unit")


Address = Annotated[str, AfterValidator(_address)]
Wei = Annotated[int, BeforeValidator(_whole), PlainSerializer(str, return_type=str), Field(ge=0, lt=2**128)]
Vector = Annotated[int, BeforeValidator(_whole), PlainSerializer(str, return_type=str), Field(ge=0, lt=2**256)]
Seconds = Annotated[int, Field(ge=0, lt=2**32)]
Window = Annotated[int, Field(ge=1, lt=2**32)]
Root = Annotated[
    bytes,
    BeforeValidator(lambda v: bytes.fromhex(v.removeprefix("0x")) if isinstance(v, str) else v),
    PlainSerializer(lambda v: "0x" + v.hex(), return_type=str),
    Field(min_length=32, max_length=32),
]


class Enforced(BaseModel):
    """Mirror of `TaskParams` in Coordinator.sol without `specHash`; field order is the contract's.

    Amounts are decimal text in JSON, since canonical JSON has no integers of 2^53 and more.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    genesis_root: Root = Field(description="Merkle root of model version 0")
    purposes: int = Field(gt=0, lt=2**53, description="bits of the purposes a grant must cover")
    commit_window: Window = Field(description="seconds to commit")
    reveal_window: Window = Field(description="seconds to reveal")
    aggregate_window: Window = Field(description="seconds to propose; the standby may after half of them")
    challenge_window: Window = Field(description="seconds to prove a proposal wrong")
    reveal_grace: Seconds = Field(default=0, description="seconds in which a late reveal still saves the bond")
    finality_gap: Seconds = Field(default=0, description="seconds between Commit and Reveal: the chain's finality")
    quorum: int = Field(ge=1, lt=2**16, description="fewest commits, and fewest reveals, for a round to go on")
    max_participants: int = Field(ge=1, le=10_000)
    max_misses: int = Field(
        ge=0, lt=2**16, description="rounds in a row that one can be absent from before one is un-enrolled; 0 is never"
    )
    wait_rounds: int = Field(
        default=3,
        ge=0,
        lt=2**16,
        description="rounds to sit out for whoever's consent was withdrawn in a round",
    )
    max_weight: int = Field(ge=1, lt=2**32, description="largest weight (examples) of one update")
    max_rounds: int = Field(ge=1, lt=2**32)
    chunk_bytes: int = Field(default=1024, ge=256, le=65536, multiple_of=32)
    mode: int = Field(default=0, ge=0, le=1, description="0 clear, 1 masked")
    rule: int = Field(
        default=0,
        ge=0,
        le=7,
        description="0 mean, 1 median, 2 trimmed mean, 3 multi-Krum, 4 Bulyan, 5 geometric median, 6 centred clipping,"
        " 7 root of trust",
    )
    buffer: int = Field(
        default=0, ge=0, lt=2**16, description="commits that end Commit, whoever they are of; 0 waits for all enrolled"
    )
    max_staleness: int = Field(
        default=0, ge=0, le=16, description="versions that an update's base may lie behind the round's, counting less"
    )
    bond: Wei = Field(description="stake a participant locks for the task, wei")
    aggregator_bond: Wei = Field(description="stake aggregator and standby lock, wei")
    round_reward: Wei = Field(description="pool of one round, in the smallest unit of the token")
    token: Address = Field(default=NOBODY, description="reward token; the zero address is the native one")
    aggregator: Address
    standby: Address = NOBODY
    chunks: int = Field(ge=2, lt=2**32, description="chunks of an update, an aggregate or a model, header included")
    limit: int = Field(gt=0, lt=2**31, description="largest magnitude of an update's word")
    trim: int = Field(default=0, ge=0, lt=2**16, description="trimmed mean, Bulyan: updates left out at each end")
    norm_bound: int = Field(default=0, ge=0, lt=2**53, description="largest L2 norm of an update in words; 0 is none")
    step: int = Field(default=0, ge=0, le=255, description="0: the model is base + aggregate; 1: re-executed only")
    disclosure: int = Field(default=0, ge=0, le=1, description="1: a dispute may show single chunks of updates")
    floor_bps: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="hundredths of a percent of an equal share that a reveal earns when fraud voids its round",
    )
    modes: int = Field(
        default=DIRECT | RELAYED,
        ge=1,
        le=7,
        description="ways to commit: 1 each participant directly, always; 2 through relayers; 4 in rolls; their sum",
    )
    aggregate_header: Root = Field(description="leaf of chunk 0 of every aggregate: SHA-256(0x00 || header)")
    reward_by: int = Field(
        default=0,
        ge=0,
        le=2,
        description="a round's reward is split: 0 by examples, 1 equally, 2 by the committee's median scores",
    )
    fee_bps: int = Field(
        default=0, ge=0, le=10_000, description="hundredths of a percent of it that the proposer gets first"
    )
    committee: int = Field(default=0, ge=0, le=31, description="validators drawn for each round; 0 is none")
    vote_window: Seconds = Field(default=0, description="seconds to promise a vote; 0 without a committee")
    vote_reveal_window: Seconds = Field(default=0, description="seconds to show it, twice if too few do")
    validator_bond: Wei = Field(default=0, description="least stake a validator locks, wei; 0 without a committee")
    validator_bps: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="hundredths of a percent of a round's reward for its committee, in equal parts a seat",
    )
    share_cap_bps: int = Field(
        default=0,
        ge=0,
        le=10_000,
        description="most of the rest that one participant gets, in hundredths of a percent; 0 is no limit",
    )
    privacy_floor: Vector = Field(
        default=0, description="least privacy loss that a commit counts (core.privacy); 0 where none is counted"
    )
    share_window: Seconds = Field(default=0, description="seconds to deal a mask's secrets out; 0 in a clear task")
    unmask_window: Seconds = Field(default=0, description="seconds to show others' shares; 0 in a clear task")
    threshold: int = Field(
        default=0, ge=0, lt=2**16, description="shares that open a secret, 2 to quorum; 0 in a clear task"
    )

    @model_validator(mode="after")
    def _possible(self) -> "Enforced":
        if self.quorum > self.max_participants:
            raise ValueError(f"quorum {self.quorum} exceeds max_participants {self.max_participants}")
        if self.aggregator in (NOBODY, self.standby):
            raise ValueError(f"aggregator {self.aggregator} must be an account, and another than the standby's")
        if not self.modes & DIRECT:
            raise ValueError(
                f"modes {self.modes} must be 1 (direct), with 2 (relayed) or 4 (rolled) added: direct stays open to all"
            )
        if self.rolled and not self.reveal_grace:
            raise ValueError(
                f"modes {self.modes} allow rolls, and reveal_grace is 0; give a grace, in which who was lifted reveals"
            )
        if self.rolled and not self.aggregator_bond:
            raise ValueError(
                f"modes {self.modes} allow rolls, and aggregator_bond is 0; give a bond, which posters lock as well"
            )
        if self.private and self.modes != DIRECT:
            raise ValueError(
                f"modes are {self.modes} in a task that counts privacy loss; set them to 1: each is counted alone"
            )
        self._require_masks()
        if self.buffer and not self.quorum <= self.buffer <= self.max_participants:
            raise ValueError(
                f"buffer {self.buffer} is not between quorum {self.quorum} and max_participants"
                f" {self.max_participants}; a round ends Commit with so many, and goes on with no fewer than the quorum"
            )
        if self.buffer and (self.modes != DIRECT or self.max_misses):
            raise ValueError(
                f"buffer {self.buffer} with modes {self.modes} and max_misses {self.max_misses}; set modes to 1 and"
                " max_misses to 0: each commits for itself, and who comes too late for a buffer was not absent"
            )
        if self.max_staleness and not self.buffer:
            raise ValueError(
                f"max_staleness {self.max_staleness} with buffer 0: a round that waits for all takes no older updates;"
                " give a buffer, or set it to 0"
            )
        for field in ("vote_window", "vote_reveal_window", "validator_bond"):
            if (self.committee == 0) != (getattr(self, field) == 0):
                raise ValueError(
                    f"{field} is {getattr(self, field)} for a committee of {self.committee}; give a committee its"
                    " windows and a bond, and a task without one neither"
                )
        if self.reweights and REWARDS[self.reward_by] == "examples":
            raise ValueError(
                f"rule {RULES[self.rule]} with reward_by 0: coefficients stand in place of the examples, so pay cannot"
                " go by those; pay equally (1) or by scores (2): rewards.policy in the spec's words"
            )
        if not self.committee and (self.validator_bps or self.pays_by_scores):
            raise ValueError("a task without a committee has nobody to score updates or to pay for it; give it one")
        if self.validator_bps and self.validator_bps + max(self.fee_bps, self.floor_bps) > 10_000:
            raise ValueError(
                f"validator_bps {self.validator_bps} with fee_bps {self.fee_bps} or floor_bps {self.floor_bps} exceeds"
                " 10000, more than a round's reward; lower one"
            )
        return self

    def _require_masks(self) -> None:
        """What a masked task needs, and what cannot be done to updates that nobody sees."""
        for field in ("share_window", "unmask_window", "threshold"):
            if (self.mode == 0) != (getattr(self, field) == 0):
                raise ValueError(
                    f"{field} is {getattr(self, field)} in mode {MODES[self.mode]}; a masked task has its windows and a"
                    " threshold, a clear one neither"
                )
        if not self.masked:
            return
        if not 2 <= self.threshold <= self.quorum:
            raise ValueError(
                f"threshold {self.threshold} is not between 2 and the quorum, {self.quorum}: with fewer than the quorum"
                " a round does not go on, and one share alone must open nothing"
            )
        if self.quorum < FEWEST_MASKED or self.max_participants > MOST_MASKED:
            raise ValueError(
                f"a masked task has quorum {self.quorum} and max_participants {self.max_participants}; give a quorum of"
                f" {FEWEST_MASKED} or more, for two who are left read each other off the sum, and at most"
                f" {MOST_MASKED} participants"
            )
        seen = {name: getattr(self, name) for name in ("rule", "norm_bound", "buffer", "committee", "disclosure")}
        if any(seen.values()) or self.rolled:
            named = ", ".join(f"{name} {value}" for name, value in {**seen, "modes": self.modes}.items())
            raise ValueError(
                f"a masked task has {named}; nobody sees a single update of it, so all must be 0, and modes 1 (direct)"
                " or 3 (relayed too)"
            )

    @property
    def masked(self) -> bool:
        """Whether nobody sees a single update (secure aggregation)."""
        return MODES[self.mode] == "masked"

    @property
    def relayed(self) -> bool:
        """Whether participants may leave commits and openings to relayers."""
        return bool(self.modes & RELAYED)

    @property
    def rolled(self) -> bool:
        """Whether a bonded poster may post commits and openings behind two roots."""
        return bool(self.modes & ROLLED)

    @property
    def private(self) -> bool:
        """Whether each commit spends of a privacy budget."""
        return self.privacy_floor != 0

    @property
    def reweights(self) -> bool:
        """Whether included leaves hold coefficients that readers recompute, in place of the revealed weights."""
        return self.rule >= REWEIGHTED

    @property
    def pays_by_scores(self) -> bool:
        """Whether a round's reward is split by the committee's median scores."""
        return REWARDS[self.reward_by] == "scores"

    def to_params(self, spec_hash: bytes) -> tuple[Word, ...]:
        """The struct `TaskParams` as a tuple of static values, `specHash` first."""
        return (spec_hash, *(getattr(self, field) for field in type(self).model_fields))


def task_id(spec_hash: bytes, enforced: Enforced, chain_id: int, coordinator: str, sponsor: str) -> bytes:
    """keccak256(abi.encode(TYPEHASH, chain, coordinator, sponsor, keccak256(abi.encode(params))))."""
    params = keccak256(encode_words(*enforced.to_params(spec_hash)))
    return hash_words(TASK_TYPEHASH, chain_id, coordinator, sponsor, params)
