"""Every error this package raises, as one tree; each class says in a sentence when it is raised.

FederatedError
 |- ConfigurationError, KeyUnavailable                 what the operator must mend           exit 2
 |- SpecError: SpecMismatch                             the task is not what it claims       exit 3
 |- DataError: MissingColumn, EmptyView, PlanNotApproved the silo's data or policy say no     exit 4
 |- ConsentError                                        no live grant covers the use         exit 5
 |- PayloadError: NonFiniteUpdate, CommitmentMismatch,
 |                ContentMismatch, PayloadTooLarge      bytes are not what they claim         exit 6
 |- ProtocolError: WrongPhase (BufferFull), UnknownParticipant,
 |                InsufficientStake, ContractRefused    the contracts refused                 exit 7
 |- TransportError: ChainUnreachable, StoreUnreachable, the only errors worth a retry         exit 8
 |                TransactionPending, SpoolFailed, KeyServiceUnreachable
"""


class FederatedError(Exception):
    """Base of all errors of this package; `exit_code` is what the command line ends with.

    `stage` is the stage of a round in which it was raised, where that is known.
    """

    exit_code = 1
    stage: str = ""


class ConfigurationError(FederatedError):
    """Raised when settings contradict each other or the world (a chain id, a missing file)."""

    exit_code = 2


class ChainIdMismatch(ConfigurationError):
    """Raised when the endpoint serves another chain than the one that was pinned."""


class KeyUnavailable(ConfigurationError):
    """Raised when a key cannot be read: wrong password, missing file or variable, damaged keystore."""


class SpecError(FederatedError):
    """Raised when a task spec is malformed or asks for something impossible."""

    exit_code = 3


class SpecMismatch(SpecError):
    """Raised when a task spec does not hash to the chain's, or a shared field differs from it."""


class WeightOverflow(SpecError):
    """Raised when the largest weighted sum a task allows would leave the integers it is summed in."""


class DataError(FederatedError):
    """Raised when a silo's data cannot serve the task."""

    exit_code = 4


class MissingColumn(DataError):
    """Raised when the data lack a column that the task names."""


class EmptyView(DataError):
    """Raised when no row is left after consent and policy were applied, or fewer than the minimum."""


class DataRefused(DataError):
    """Raised when an expectation of the suite failed on the consent view."""


class TrainingFailed(DataError):
    """Raised when the training plan's own code fails on a silo's data."""


class PolicyRefused(DataError):
    """Raised when the silo's own policy forbids what the task asks for."""


class PlanNotApproved(PolicyRefused):
    """Raised when the training plan's code hash is not among those the silo approved."""


class ConsentError(FederatedError):
    """Raised when no live grant covers purpose, columns, subjects and time of a use."""

    exit_code = 5


class BudgetSpent(ConsentError):
    """Raised when a round would cost more privacy than a grant, or the silo itself, still allows."""


class PayloadError(FederatedError):
    """Raised when bytes are not what they claim to be."""

    exit_code = 6


class NonFiniteUpdate(PayloadError):
    """Raised when an update holds NaN or infinity."""


class ShapeMismatch(PayloadError):
    """Raised when tensors differ from the task's manifest in name, shape, dtype or count."""


class CommitmentMismatch(PayloadError):
    """Raised when an opening does not hash to the commitment on chain."""


class ContentMismatch(PayloadError):
    """Raised when fetched bytes do not hash to what was promised."""


class PayloadTooLarge(PayloadError):
    """Raised when more bytes arrive than were announced."""


class Undecryptable(PayloadError):
    """Raised when a ciphertext does not open under the key that should open it."""


class ProtocolError(FederatedError):
    """Raised when the contracts refuse a call, or would."""

    exit_code = 7


class WrongPhase(ProtocolError):
    """Raised when a call comes in a phase that does not allow it."""


class BufferFull(WrongPhase):
    """Raised when a round that takes the first so many updates has them; the update goes into a later one."""


class UnknownParticipant(ProtocolError):
    """Raised when an account is not registered, admitted or enrolled."""


class InsufficientStake(ProtocolError):
    """Raised when the free stake does not cover a bond."""


class ContractRefused(ProtocolError):
    """Raised when a contract reverts with any other error; the message is that error as a sentence."""


class TransportError(FederatedError):
    """Raised when the other side could not be reached; the only errors that a retry can mend."""

    exit_code = 8


class ChainUnreachable(TransportError):
    """Raised when an RPC endpoint does not answer."""


class StoreUnreachable(TransportError):
    """Raised when a content store does not answer."""


class KeyServiceUnreachable(TransportError):
    """Raised when the service that holds a key at rest does not answer."""


class SpoolFailed(TransportError):
    """Raised when the disk that holds a round's payloads beside the memory is full or fails; no update's fault."""


class TransactionPending(TransportError):
    """Raised when a sent transaction was not mined in time."""


class ContentMissing(PayloadError):
    """Raised when a store answers that it does not hold the content."""


class MalformedMessage(PayloadError):
    """Raised when a message of secure aggregation has not the one format that it may have."""


class ParticipantAtFault(PayloadError):
    """Raised when bytes are not what a participant bound itself to; `participant` is its dense index."""

    def __init__(self, message: str, participant: int) -> None:
        """Name the one at fault."""
        super().__init__(message)
        self.participant = participant


class WrongShare(ParticipantAtFault):
    """Raised when a share is not the one its maker committed to: the fault of who revealed it."""


class WrongSharing(ParticipantAtFault):
    """Raised when shares are as their maker committed to, but not of the secret that it promised: the maker's fault."""


class WrongSeed(ParticipantAtFault):
    """Raised when seeds that were opened are not those that participants bound in their masked payloads.

    `faults` has a sentence for each, by dense index; `participant` is the first.
    """

    def __init__(self, faults: dict[int, str]) -> None:
        """Name everybody at fault."""
        super().__init__("; ".join(faults.values()), min(faults))
        self.faults = faults


class TooFewShares(ProtocolError):
    """Raised when fewer shares of a secret are there than open it."""


class UnmaskRefused(ProtocolError):
    """Raised when an answer would open both masks of somebody, or a sum that may not be opened."""
