"""A few rounds of tests/edits: the leader is killed at a random moment of an operator's change."""
from conftest import LEASEHOLD
from edits import campaign
from lab import Lab

ROUNDS = 5


def test_a_change_is_applied_or_refused_and_never_lost_after_done():
    with Lab(LEASEHOLD) as lab:
        done, _ = campaign(lab, ROUNDS)
    print(f"\n{done} of {ROUNDS} changes were told as done")
