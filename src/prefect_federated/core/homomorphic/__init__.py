"""Sums of encrypted updates: whoever adds cannot read, and whoever can read is given a sum alone.

session --> encrypt (each participant, for every key holder) --> add (aggregator) --> open (each key holder) --> join

ring.py     the numbers of a ciphertext            session.py  what is public and fixed
parts.py    an update as one part a key holder     message.py  heads of the three messages
headroom.py sums that could wrap are refused       encrypted.py a participant's payload
total.py    payloads added, one total a holder     opened.py   opened totals, and the sum they join to

Encrypting and decrypting, by a library, is in `prefect_federated.adapters.homomorphic`; nothing here needs it, so that
anybody can add payloads again and compare.

Guarantee. Participants' words are split into one uniform part a key holder, modulo 2^32, and each part is encrypted
under that holder's BFV key. The aggregator (honest but curious) adds ciphertexts; a holder is given one total, opens it
and publishes its part of the sum. A single update is read only by somebody who sees that participant's payload *and*
has the keys of all holders: the aggregator together with every one of them. With one holder that is two parties. What
each side is trusted with, since no proof of it is made:

- whoever adds gives holders the totals that there are. A holder cannot add again, for it must not see payloads, and one
  false total that it opens can be a single update, or its key: BFV withstands no chosen ciphertexts. So a holder is
  told the digests of totals by others who may read the payloads (`vouched`), and opens what all agree on: then it takes
  all of them to lie alike. A key for each round bounds what is lost;
- a holder publishes what its total decrypts to, its public key is one, made as it should be, and it opens one total a
  round (`answered`). Nobody can check what it publishes but by its range;
- a holder's opening is of a total's words alone. The noise in a ciphertext, which the holder sees summed, depends on
  single updates by less than a unit in each coefficient, beside noise of 169 units a payload.

Assumes that ring-LWE of degree 2048 with a ternary secret and a modulus of 48 bits is hard (128 bits by the tables of
the HomomorphicEncryption.org standard, which allow 54 bits), and ChaCha20. Weights, lengths and who took part are
public.
"""
