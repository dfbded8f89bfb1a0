import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn.actor_sets import ActorSets  # noqa: E402
from gnn.score_heads import AccountHead, RingHead, SetTensors  # noqa: E402

SETS = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True), min_size=1, max_size=5)


def sets_of(lists):
    return ActorSets(np.cumsum([0, *map(len, lists)]), np.concatenate(lists))


def head():
    torch.manual_seed(0)
    return RingHead(8).eval()


@given(SETS)
def test_pooling_is_that_of_a_loop_over_the_sets(lists):
    embeddings, ring = torch.randn(10, 8), head()
    out = ring(embeddings, SetTensors(sets_of(lists)))
    for k, members in enumerate(lists):
        own = embeddings[members]
        weights = torch.softmax(ring.attention(own)[:, 0], dim=0)
        pooled = [own.mean(dim=0), own.amax(dim=0), weights @ own, torch.tensor([float(len(members))]).log()]
        torch.testing.assert_close(out[k], ring.out(torch.cat(pooled))[0], atol=1e-5, rtol=1e-4)


@given(SETS, st.randoms())
def test_neither_the_order_of_members_nor_that_of_sets_matters(lists, random):
    embeddings, ring = torch.randn(10, 8), head()
    turned = [random.sample(members, len(members)) for members in lists]
    turn = random.sample(range(len(lists)), len(lists))
    one = ring(embeddings, SetTensors(sets_of(lists)))
    two = ring(embeddings, SetTensors(sets_of([turned[k] for k in turn])))
    torch.testing.assert_close(one[turn], two, atol=1e-5, rtol=1e-4)


@given(SETS)
def test_attention_sums_to_one_in_every_set(lists):
    sets = SetTensors(sets_of(lists))
    weights = head().weights(torch.randn(len(sets.members), 8) * 100, sets)[:, 0]
    sums = torch.zeros(len(lists)).index_add(0, sets.set_of, weights)
    torch.testing.assert_close(sums, torch.ones(len(lists)))


@given(SETS, st.data())
def test_some_sets_are_taken_whole(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=6))
    taken = sets_of(lists).take(np.array(rows, np.int64))
    got = [taken.members[a:b].tolist() for a, b in zip(taken.indptr[:-1], taken.indptr[1:], strict=True)]
    assert got == [lists[k] for k in rows]


def test_an_account_by_itself_is_scored_by_its_embedding_alone():
    torch.manual_seed(0)
    account = AccountHead(8).eval()
    embeddings = torch.randn(4, 8)
    out = account(embeddings, SetTensors(ActorSets.singles(4)))
    torch.testing.assert_close(out[2:3], account(embeddings[2:3], SetTensors(ActorSets.singles(1))))
    with pytest.raises(ValueError, match="sets must hold one account each, got 2 accounts in 1 sets"):
        account(embeddings, SetTensors(sets_of([[0, 1]])))


@pytest.mark.parametrize(
    ("indptr", "words"), [([0, 2, 2], "sets must have members, got 1 without"), ([0, 1], "`indptr` must run from 0 to")]
)
def test_sets_that_make_no_sense_are_refused(indptr, words):
    with pytest.raises(ValueError, match=words):
        ActorSets(np.array(indptr), np.array([0, 1]))
