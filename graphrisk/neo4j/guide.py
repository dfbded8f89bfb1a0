"""Saved queries and a short guide for Neo4j Browser and Bloom, in the names that a user has chosen."""

from __future__ import annotations

from graphrisk.neo4j.entities import Entities
from graphrisk.neo4j.names import LINK_TYPES, Cypher
from graphrisk.neo4j.settings import Neo4jSettings

GUIDE = """\
// Rings in Neo4j Browser and Bloom
//
// Browser: paste a query, set what it asks for (`:param ring => 'r0123456789a'`), run it, and keep it with the star.
// Bloom: make a perspective of the labels {labels}; caption {ring} by `{typology}` and
// colour it by `{band}`; save each query below as a search phrase, its parameters are what Bloom asks for.
// The current scan is the {scan} with `{current}`; members, evidence and links are always those of the current scan,
// while rings of the past stay, with a `{status}` of merged, split or dissolved.
// Evidence with direction 'against' speaks for the ring's innocence: read it first.
"""

QUERIES = {
    "The worst rings of the current scan": """
MATCH (r:FraudRing)-[:FOUND_IN]->(:RingScan {isCurrent: true})
RETURN r ORDER BY r.score DESC, r.valueAtStake DESC LIMIT 25
""",
    "See a ring: members, what joins them, evidence (ring)": """
MATCH (r:FraudRing {ringId: $ring})
OPTIONAL MATCH members = (r)<-[:MEMBER_OF]-(a)
OPTIONAL MATCH joins = (a)-[:LINK]->()
OPTIONAL MATCH facts = (r)-[:HAS_EVIDENCE]->(:RingEvidence)-[:RESTS_ON]->()
RETURN r, members, joins, facts LIMIT 2000
""",
    "For and against a ring, in words (ring)": """
MATCH (:FraudRing {ringId: $ring})-[:HAS_EVIDENCE]->(e:RingEvidence)
RETURN e.direction AS side, e.text AS fact, e.reasonCode AS code, e.weight AS nats ORDER BY nats DESC
""",
    "Why two accounts: what joins them, hubs left out (a, b)": """
MATCH (a:Entity {entityKey: $a}), (b:Entity {entityKey: $b})
MATCH p = allShortestPaths((a)-[:LINK*..6]-(b))
WHERE none(l IN relationships(p) WHERE coalesce(l.isHub, false))
RETURN p LIMIT 25
""",
    "Why two accounts: rings and evidence that they have in common (a, b)": """
MATCH (a:Entity {entityKey: $a})-[:MEMBER_OF]->(r:FraudRing)<-[:MEMBER_OF]-(b:Entity {entityKey: $b})
OPTIONAL MATCH (r)-[:HAS_EVIDENCE]->(e:RingEvidence)
WHERE (e)-[:RESTS_ON]->(a) OR (e)-[:RESTS_ON]->(b)
RETURN r, collect(e) AS evidence
""",
    "Rings near an account (account)": """
MATCH (a:Entity {entityKey: $account})
MATCH p = (a)-[:LINK*0..2]-(m)
WHERE none(l IN relationships(p) WHERE coalesce(l.isHub, false))
MATCH (m)-[:MEMBER_OF]->(r:FraudRing)
RETURN r, min(length(p)) AS steps ORDER BY steps, r.score DESC LIMIT 25
""",
    "What changed since the scan before": """
MATCH (s:RingScan {isCurrent: true})
OPTIONAL MATCH (old:RingScan) WHERE old.asOf < s.asOf
WITH s, old ORDER BY old.asOf DESC LIMIT 1
MATCH (r:FraudRing)-[f:FOUND_IN]->(k:RingScan) WHERE k = s OR k = old
WITH r, head([x IN collect([k = s, f.score, f.nMembers]) WHERE x[0]]) AS now,
    head([x IN collect([k = s, f.score, f.nMembers]) WHERE NOT x[0]]) AS before
WHERE now IS NULL OR before IS NULL OR now[1] <> before[1] OR now[2] <> before[2]
RETURN r, CASE WHEN before IS NULL THEN 'new' WHEN now IS NULL THEN r.status ELSE 'changed' END AS change,
    before[1] AS scoreBefore, now[1] AS scoreNow, before[2] AS membersBefore, now[2] AS membersNow
ORDER BY change, scoreNow DESC
""",
    "What became of a ring (ring)": """
MATCH p = (:FraudRing {ringId: $ring})-[:MERGED_INTO|SPLIT_FROM*0..5]-(:FraudRing)
RETURN p LIMIT 200
""",
}


def saved_queries(settings: Neo4jSettings) -> dict[str, str]:
    """Return queries by what they show, in the user's names; the words in brackets are parameters."""
    cypher, account = Cypher(settings.names), Entities(settings, ["account"]).parts("account")
    links = sorted({*LINK_TYPES.values(), *settings.links.values()})
    joined = "|".join(f"`{name}`" for name in links)
    out = {}
    for title, query in QUERIES.items():
        if settings.mode == "attach" and "LINK" in query:
            # the links are the team's own there: any relationship that is not one of ours
            query = query.replace(":LINK", "").replace("coalesce(l.isHub, false)", "l.scanId IS NOT NULL")
        out[title] = cypher(query, **account).replace("LINK", joined).strip()
    return out


def guide(settings: Neo4jSettings) -> str:
    """Return the guide and all queries as one text that can be pasted."""
    name = Cypher(settings.names).name
    account = Entities(settings, ["account"]).node("account").label
    labels = ", ".join([account, *(name(label) for label in ("FraudRing", "RingEvidence", "RingScan"))])
    words = {"ring": name("FraudRing"), "scan": name("RingScan"), "current": name("isCurrent")}
    words |= {key: name(key) for key in ("typology", "band", "status")}
    parts = [GUIDE.format(labels=labels, **words)]
    parts += [f"// {title}\n{query};\n" for title, query in saved_queries(settings).items()]
    return "\n".join(parts)
