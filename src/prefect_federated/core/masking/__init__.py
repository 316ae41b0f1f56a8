"""Secure aggregation: a round gives the exact sum of its updates, and nobody sees a single one.

share --> commit --> reveal --> unmask --> recover

session.py     what is public and fixed            graph.py, degree.py     who masks with whom
own_secrets.py keys and seeds, derived             shamir.py, keystream.py shares; seeds as masks
sharing.py     what is sealed to whom              transcript.py           the message of Share, and its root
excerpt.py     what one holder reads of it         masked.py               the payload of Commit
turnout.py     who shared, who survived            answer.py               the message of Unmask, and its refusals
recovery.py    secrets from shares, the sum        headroom.py             sums that could wrap are refused
note.py        what a payload binds of its masks   proof.py                what refutes a false sum
cohort.py      the sessions of a round, or groups    faults.py              what shows who dealt or masked falsely

Guarantee. The aggregator is honest but curious: it follows the protocol, reads all that is published, and may collude
with up to t - 1 participants (t is the threshold). On the complete graph they learn the sum of the survivors' weighted
updates and nothing else of any honest one: at least t survive, so the sum holds one honest update or more. On the
sparse graph the same holds, but for a chance of 2^-40, against a fraction of all participants that is fixed before the
graph is drawn (`degree.py`). The chain takes the place of the server's word: who shared and who survived are its
bitmaps, one view for everybody, and a participant answers for one of them in a round. Weights, indices and lengths are
public. Nothing is promised about what an update holds: a participant may mask anything, and a dishonest one can spoil
the sum, not read it.

Assumes that X25519, HKDF-SHA256, HPKE, ChaCha20 and SHA-256 are what they are held to be, and that a silo's sealing key
stays secret: who gets it later, and kept the masked payloads, takes the silo's masks off.

Sources: Bonawitz et al. 2017, https://doi.org/10.1145/3133956.3133982; Bell et al. 2020,
https://doi.org/10.1145/3372297.3417885
"""
