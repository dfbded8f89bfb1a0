import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="networks need `pip install graphrisk[torch]`")

from gnn import aggregation  # noqa: E402
from gnn.aggregation import EdgeTensors, mean_by_scatter, mean_neighbours  # noqa: E402
from gnn.typed_edges import TypedEdges  # noqa: E402

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 4)), max_size=30)


def edges_of(pairs, n_sources=7, n_targets=5):
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    return TypedEdges.from_pairs(n_sources, n_targets, ends[:, 0], ends[:, 1])


def slow(edges, values, gates):
    out = np.zeros((edges.n_targets, values.shape[1]))
    size = values.shape[1] // gates.shape[1]
    for v in range(edges.n_targets):
        for e in range(edges.indptr[v], edges.indptr[v + 1]):
            for j in range(values.shape[1]):
                out[v, j] += gates[e, j // size] * values[edges.sources[e], j]
        out[v] /= max(edges.indptr[v + 1] - edges.indptr[v], 1)
    return out


@given(PAIRS, st.sampled_from([1, 2, 6]), st.integers(0, 9))
def test_the_mean_is_that_of_a_slow_twin(pairs, n_heads, seed):
    rng = np.random.default_rng(seed)
    edges = edges_of(pairs)
    values, gates = rng.random((7, 6), np.float32), rng.random((len(edges), n_heads), np.float32)
    got = mean_neighbours(EdgeTensors.of(edges), torch.tensor(values), torch.tensor(gates))
    np.testing.assert_allclose(got, slow(edges, values, gates), atol=1e-6)
    base = torch.tensor(rng.random((5, 6), np.float32))
    added = mean_neighbours(EdgeTensors.of(edges), torch.tensor(values), torch.tensor(gates), added_to=base)
    torch.testing.assert_close(added, got + base)
    plain = mean_neighbours(EdgeTensors.of(edges), torch.tensor(values))
    np.testing.assert_allclose(plain, slow(edges, values, np.ones_like(gates)), atol=1e-6)


@given(PAIRS, st.sampled_from([None, 1, 2, 6]), st.integers(0, 9))
def test_gradients_are_those_of_plain_torch(pairs, n_heads, seed):
    torch.manual_seed(seed)
    edges = edges_of(pairs)
    tensors = EdgeTensors.of(edges)
    ends = torch.tensor(edges.sources).long(), torch.tensor(edges.targets).long()
    up, got = torch.randn(5, 6), []
    values = torch.randn(7, 6, requires_grad=True)
    gates = torch.randn(len(edges), n_heads, requires_grad=True) if n_heads else None
    base = torch.randn(5, 6, requires_grad=True)
    wanted = [values, base] if gates is None else [values, base, gates]
    both = (
        mean_neighbours(tensors, values, gates, added_to=base),
        mean_by_scatter(tensors, *ends, values, gates) + base,
    )
    for out in both:
        got.append(torch.autograd.grad((out * up).sum(), wanted))
    for one, two in zip(*got, strict=True):
        torch.testing.assert_close(one, two, atol=1e-5, rtol=1e-5)


def test_two_threads_give_the_bits_that_one_gives(monkeypatch):
    monkeypatch.setattr(aggregation, "SMALL_WORK", 0)
    rng = np.random.default_rng(0)
    edges = EdgeTensors.of(TypedEdges.from_pairs(200, 100, rng.integers(0, 200, 900), rng.integers(0, 100, 900)))
    before, got = torch.get_num_threads(), []
    values, gates = torch.randn(200, 8), torch.randn(900, 2)
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        one, two = values.clone().requires_grad_(), gates.clone().requires_grad_()
        out = mean_neighbours(edges, one, two)
        got.append([out.detach(), *torch.autograd.grad(out.square().sum(), [one, two])])
    torch.set_num_threads(before)
    assert all(torch.equal(one, two) for one, two in zip(*got, strict=True))


@given(PAIRS, st.randoms())
def test_the_order_of_rows_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    values = torch.randn(7, 4)
    one, two = (mean_neighbours(EdgeTensors.of(edges_of(rows)), values) for rows in (pairs, shuffled))
    assert torch.equal(one, two)


def test_bfloat16_goes_in_and_comes_out():
    edges = EdgeTensors.of(edges_of([(0, 0), (1, 0), (6, 4)]))
    values = torch.randn(7, 4)
    half = mean_neighbours(edges, values.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), mean_neighbours(edges, values), atol=0.02, rtol=0.02)


def test_shapes_that_do_not_fit_are_refused():
    edges = EdgeTensors.of(edges_of([(0, 0), (1, 0)]))
    with pytest.raises(ValueError, match="`values` must have 7 rows, one per source, got 6"):
        mean_neighbours(edges, torch.zeros(6, 4))
    with pytest.raises(ValueError, match=r"`gates` must have 2 rows and heads that divide 4, got \(2, 3\)"):
        mean_neighbours(edges, torch.zeros(7, 4), torch.zeros(2, 3))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sources": [7]}, r"`sources` must be in 0 .. 6, got 7 .. 7"),
        ({"targets": [0, 1]}, r"must be of one length, got \[1, 2, 1, 1\]"),
        ({"features": [[np.nan]]}, "`features` must be finite"),
    ],
)
def test_edges_that_make_no_sense_are_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        TypedEdges.from_pairs(7, 5, **({"sources": [0], "targets": [0]} | changes))
