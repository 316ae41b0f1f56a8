"""Counts as words whose floored mean gives the exact sum back.

count --digits of base 2^bits, times m--> words    floor(sum of words / n) --ceil(n * word / m)--> digits' sum --> sum

A round makes `A = floor(m s / n)` of n vectors of weight 1 in each word, where s is the sum of n digits and m the
least power of two that is no smaller than n. A floor of n-ths takes off (n - 1) / n at most, so that
`m s / n - (n - 1) / n <= A <= m s / n`. Times n / m that is `s - (n - 1) / m <= n A / m <= s`, and (n - 1) / m < 1: s
is the least integer not below n A / m. Nothing of it depends on who took part: n is whoever stayed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ContentMismatch, SpecError

BEYOND = 2**31  # no word, and under masks no sum of words, reaches it


@dataclass(frozen=True, slots=True)
class Coding:
    """How whole numbers of up to `participants` silos become words.

    >>> Coding(128, masked=True).bits, Coding(4, masked=True).bits, Coding(4, masked=False).bits
    (17, 27, 29)
    """

    participants: int
    masked: bool

    @property
    def factor(self) -> int:
        """m: what each digit is multiplied by, the least power of two from `participants` on."""
        return 1 << (self.participants - 1).bit_length()

    @property
    def bits(self) -> int:
        """Binary digits in a word: the most with which m times the largest digit stays below 2^31, in a masked task
        for all participants together.

        Raises:
            SpecError: not one fits.
        """
        most = (BEYOND - 1) // (self.factor * (self.participants if self.masked else 1))
        if (bits := (most + 1).bit_length() - 1) < 1:
            raise SpecError(
                f"no digit of {self.participants} participants fits a word below {BEYOND}; lower max_participants"
            )
        return bits

    @property
    def limit(self) -> int:
        """Largest word of one silo."""
        return ((1 << self.bits) - 1) * self.factor

    def digits(self, width: int) -> int:
        """Words that a number of `width` bits takes."""
        return -(-width // self.bits)

    def encode(self, numbers: Sequence[int], widths: Sequence[int]) -> NDArray[np.int32]:
        """Words of a silo's numbers, int32 `[d]`, the lowest digit of each first.

        Args:
            widths: bits of each number.

        Raises:
            SpecError: a number is negative or wider than its width.

        >>> coding = Coding(3, masked=True)
        >>> coding.encode([5], [31]).tolist(), coding.factor
        ([20, 0], 4)
        """
        words = list[int]()
        for number, width in zip(numbers, widths, strict=True):
            if not 0 <= number < 1 << width:
                raise SpecError(f"number {number} does not fit {width} bits; ask for fewer rows")
            for place in range(self.digits(width)):
                words.append((number >> (self.bits * place) & ((1 << self.bits) - 1)) * self.factor)
        return np.array(words, np.int32)

    def decode(self, aggregate: NDArray[np.int32], silos: int, widths: Sequence[int]) -> list[int]:
        """The exact sums of the silos' numbers.

        Args:
            aggregate: floored mean of the silos' words, int32 `[d]`.
            silos: n, how many are in it.

        Raises:
            ContentMismatch: no counts of so many silos have this mean: somebody sent something else.

        >>> coding = Coding(3, masked=True)
        >>> mean = sum(coding.encode([number], [31]) for number in (5, 6, 2**30)) // 3
        >>> coding.decode(mean.astype(np.int32), 3, [31])[0] - 2**30
        11
        """
        sums, at = list[int](), 0
        for width in widths:
            count = self.digits(width)
            parts = [self._digit(int(word), silos, at + place) for place, word in enumerate(aggregate[at : at + count])]
            sums.append(sum(part << (self.bits * place) for place, part in enumerate(parts)))
            at += count
        if at != aggregate.size:
            raise ContentMismatch(f"an aggregate of {aggregate.size} words, the query's numbers take {at}")
        return sums

    def _digit(self, word: int, silos: int, place: int) -> int:
        found = -(-silos * word // self.factor)
        if not 0 <= found <= silos * ((1 << self.bits) - 1) or self.factor * found // silos != word:
            raise ContentMismatch(
                f"word {place} of the aggregate is {word}, which is no mean of {silos} silos' counts; somebody sent"
                " something else than counts, ask again without it"
            )
        return found
