"""Which named pattern a ring shows, and what part each member plays in it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gnn.ring_features import RingFeatures
from graphrisk.rings.search import Search

MULTI_ACCOUNT = "multi_account"
REFERRAL_FARM = "referral_farm"
BONUS_FARM = "bonus_farm"
AIRDROP_SYBIL = "airdrop_sybil"
TYPOLOGIES = (MULTI_ACCOUNT, REFERRAL_FARM, BONUS_FARM, AIRDROP_SYBIL)

MEMBER, INVITING, FUNDING = "member", "inviter", "funder"


def name_typologies(features: RingFeatures, claims: bool) -> list[str]:
    """Name the pattern of each ring by what holds it together.

    Parameters
    ----------
    features : RingFeatures
    claims : bool
        Whether bonuses are recorded at all.

    Returns
    -------
    list of str
        `airdrop_sybil` where money holds it together more than anything else, `referral_farm` where at least four in
        ten members were invited by another member or referrals hold it together, `bonus_farm` where nearly all
        members took a bonus and took it early, else `multi_account`.
    """
    money, referral = features["nats_money"], features["nats_referral"]
    rest = features["nats_identity"] + features["nats_place"]
    by_money = ((money > rest) & (money > referral)) | (rest + referral == 0)
    by_referral = ((features["invited_inside"] >= 0.4) | (referral > rest)) & (referral > 0)
    early = features["delay_rank"] <= 0.4
    by_bonus = claims & (features["claim_share"] >= 0.8) & early
    choice = np.select([by_money, by_referral, by_bonus], [3, 1, 2], default=0)
    return [TYPOLOGIES[k] for k in choice]


def member_roles(found: Search, members: npt.NDArray[np.int32]) -> list[str]:
    """Part that each member plays.

    Parameters
    ----------
    found : Search
    members : array of int32
        Actor indices of one ring.

    Returns
    -------
    list of str
        ``inviter`` or ``funder`` for whoever invited or paid at least three other members and more than anybody
        else did (ties: all of them), else ``member``.
    """
    inside = set(members.tolist())
    inviters = found.sharing.inviters[members]
    invited = {m: int((inviters == m).sum()) for m in inside}
    paid = dict.fromkeys(inside, 0)
    direct = found.sharing.direct
    for row in direct.rows_within(members):
        if direct.kinds[row] == 1:
            paid[int(direct.sources[row])] += 1
    roles = []
    for m in members.tolist():
        if invited[m] >= 3 and invited[m] == max(invited.values()):
            roles.append(INVITING)
        elif paid[m] >= 3 and paid[m] == max(paid.values()):
            roles.append(FUNDING)
        else:
            roles.append(MEMBER)
    return roles
