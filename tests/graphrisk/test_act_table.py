"""The table `ring_act` of a scanned world, beside the other tables."""

import pandas as pd


def test_single_acts_tell_what_members_and_links_tell(scanned):
    acts = scanned.tables["ring_act"].to_pandas()
    assert set(acts.act) == {"sign_up", "bonus", "referral", "transfer"}
    assert acts.ring_id.drop_duplicates().tolist() == [r for r in scanned.rings.ring_id if r in set(acts.ring_id)]
    assert acts.groupby("ring_id").occurred_at.apply(lambda times: times.is_monotonic_increasing).all()
    bonus = acts[acts.act == "bonus"].groupby(["ring_id", "source_id"]).occurred_at.min()
    claimed = scanned.members.dropna(subset=["claimed_at"]).set_index(["ring_id", "entity_id"]).claimed_at
    pd.testing.assert_series_equal(bonus.sort_index(), claimed.sort_index(), check_names=False)
    signed_up = acts[acts.act == "sign_up"].set_index(["ring_id", "source_id"]).occurred_at
    joined = scanned.members[scanned.members.entity_type == "account"].set_index(["ring_id", "entity_id"]).joined_at
    pd.testing.assert_series_equal(signed_up.sort_index(), joined.sort_index(), check_names=False)


def test_every_transfer_between_two_members_is_counted_by_their_link(scanned):
    acts = scanned.tables["ring_act"].to_pandas()
    payments = acts[acts.act == "transfer"]
    assert (payments.groupby("ring_id").size() == payments.groupby("ring_id").n_acts.first()).all()
    pairs = pd.Series([(r, *sorted(ends)) for r, *ends in payments[["ring_id", "source_id", "target_id"]].to_numpy()])
    links = scanned.links[scanned.links.link_type == "transfer"]
    known = {
        (r, *sorted(ends)): n for r, *ends, n in links[["ring_id", "source_id", "target_id", "n_events"]].to_numpy()
    }
    assert pairs.value_counts().to_dict() == known
