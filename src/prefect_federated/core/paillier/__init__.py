"""Sums of encrypted updates that nobody has to be trusted for: Paillier's scheme, with a proof at every step.

session --> encrypt (each participant, a part for every key holder) --> add (anybody) --> open (each holder) --> join

numbers.py  words as large integers and back       session.py   what is public and fixed
keys.py     a holder's key, and what certifies it  encrypted.py a ciphertext that proves its maker knows what is in it
payload.py  a participant's payload                opened.py    sums, openings that anybody checks, the joined sum

Guarantee. Words are packed into an integer and split into one part a key holder: all but the first are uniform in a
range 2^96 times as wide, the first is what is left. A reader of payloads learns nothing of an update, a key holder a
part that hides it (distance below 2^-95 a block, below 2^-91 over all 23), holders who open the same sum exactly
that sum. A single update is read by *all* key holders together, and by nobody else: not by those who add, nor by
participants who cheat, whatever they send.
That rests on

- Paillier's assumption (decisional composite residuosity) at 3,072 bits, SHA-256 and SHAKE-256 as random oracles;
- a proof beside ciphertexts that their maker knows the plaintexts, bound to round, participant and holder: nobody can
  send another's ciphertext again, or one made of it, to have it opened in another sum;
- commitments: payloads are bound to before anybody shows one;
- one sum a round: a holder keeps what it opened, where nobody else can take it back, and opens nothing else. Two sums
  would differ by an update.

Nobody is taken at its word: that a holder's modulus has one plaintext for every ciphertext is certified by roots of
numbers that nobody chose; an opening shows a root, by which anybody sees that it is what the sum decrypts to. What a
participant encrypts is not looked at: it may be anything, as it may mask anything; the sum's range tells the worst.

Source: Paillier 1999, https://doi.org/10.1007/3-540-48910-X_16; proofs of known plaintexts: Cramer, Damgard, Nielsen
2001, https://doi.org/10.1007/3-540-44987-6_18; certified moduli: Goldberg, Reyzin, Sagga, Baldimtsi 2019,
https://eprint.iacr.org/2018/057. Exponentiation is Python's, whose time may tell a secret to who measures it: open sums
where nobody else can.
"""
