"""Every query of a write-back. All are constants: names are put in by `names.Cypher`, values come as parameters.

Rows come as one list per column, which the server unpacks faster than a list of maps.
"""

from __future__ import annotations

CONSTRAINTS = {
    "ring": "CREATE CONSTRAINT IF NOT EXISTS FOR (r:FraudRing) REQUIRE r.ringId IS UNIQUE",
    "scan": "CREATE CONSTRAINT IF NOT EXISTS FOR (s:RingScan) REQUIRE s.scanId IS UNIQUE",
    "evidence": "CREATE CONSTRAINT IF NOT EXISTS FOR (e:RingEvidence) REQUIRE (e.evidenceId, e.scanId) IS UNIQUE",
    "lane": "CREATE CONSTRAINT IF NOT EXISTS FOR (l:RingScanLane) REQUIRE l.id IS UNIQUE",
}
ENTITY_CONSTRAINT = "CREATE CONSTRAINT IF NOT EXISTS FOR (a:Entity) REQUIRE a.entityKey IS UNIQUE"
FIND_INDEX = """
SHOW INDEXES YIELD labelsOrTypes, properties, state, type
WHERE labelsOrTypes = [$label] AND properties = [$key] AND state = 'ONLINE' AND type IN ['RANGE', 'TEXT']
RETURN count(*) AS n
"""
FIND_MISSING = """
UNWIND $ids AS id
WITH id, COUNT { MATCH (a:Entity {entityKey: id}) } AS n
WHERE n <> 1
RETURN id, n
"""

# ---- the scan's own node and the lanes that tell how far a write-back has come ------------------------------------

READ_SCAN = """
MATCH (s:RingScan {scanId: $scanId})
RETURN s.isCurrent AS current, s.plan AS plan, s.contentHash AS hash, s.nRelationships AS written,
    s.nMissing AS missing, s.imported AS imported
"""
# an import of files makes no constraints; the first write-back after it does
END_IMPORT = "MATCH (s:RingScan {scanId: $scanId}) REMOVE s.imported"
READ_LANES = "MATCH (l:RingScanLane {scanId: $scanId}) RETURN l.done AS done, l.nWritten AS nWritten"
MARK_STALE = """
MERGE (s:RingScan {scanId: $scanId})
SET s.isCurrent = false, s.plan = 'clearing'
REMOVE s.contentHash
"""
BEGIN = """
MERGE (s:RingScan {scanId: $scanId})
ON CREATE SET s.isCurrent = false
SET s.plan = $plan, s.asOf = $asOf, s.codeVersion = $codeVersion, s.nRings = $nRings, s.nMemberships = $nMemberships,
    s.linkTypes = $linkTypes
WITH s
UNWIND range(0, $nLanes - 1) AS k
MERGE (l:RingScanLane {id: $scanId + '/' + k})
ON CREATE SET l.scanId = $scanId, l.done = 0, l.nWritten = 0
"""
# the write lock comes before the look: a commit whose answer was lost has ended by the time the count is read
LOCK_LANE = "MATCH (l:RingScanLane {id: $lane}) SET l.locked = true RETURN l.done AS done"
ADVANCE_LANE = (
    "MATCH (l:RingScanLane {id: $lane}) SET l.done = $done, l.nWritten = l.nWritten + $nWritten REMOVE l.locked"
)

# ---- what is written ----------------------------------------------------------------------------------------------

ADD_ENTITIES = "UNWIND $ids AS id MERGE (:Entity {entityKey: id})"
# a ring bears the scan that made its node at once, so that what a write-back left unfinished can be told from a user's
ADD_RINGS = "UNWIND $ringId AS id MERGE (r:FraudRing {ringId: id}) ON CREATE SET r.scanId = $scanId"
ADD_MEMBERS = """
UNWIND range(0, size($ringId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
UNWIND range($starts[i], $starts[i + 1] - 1) AS j
MATCH (a:Entity {entityKey: $ids[j]})
CREATE (a)-[:MEMBER_OF {score: $score[j], role: $roles[$role[j]], scanId: $scanId,
    joinedAt: CASE WHEN $joinedAt[j] IS NULL THEN null ELSE datetime({epochMillis: $joinedAt[j]}) END}]->(r)
"""
ADD_EVIDENCE = """
UNWIND range(0, size($evidenceId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
CREATE (r)-[:HAS_EVIDENCE {scanId: $scanId}]->(:RingEvidence {
    evidenceId: $evidenceId[i], scanId: $scanId, ringId: $ringId[i], reasonCode: $reasonCode[i],
    direction: $direction[i], text: $text[i], weight: $weight[i], isHub: $isHub[i],
    firstSeen: CASE WHEN $firstSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $firstSeen[i]}) END,
    lastSeen: CASE WHEN $lastSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $lastSeen[i]}) END})
"""
ADD_RESTS_ON = """
UNWIND range(0, size($evidenceId) - 1) AS i
MATCH (e:RingEvidence {evidenceId: $evidenceId[i], scanId: $scanId})
MATCH (a:Entity {entityKey: $ids[i]})
CREATE (e)-[:RESTS_ON {scanId: $scanId}]->(a)
"""
ADD_LINKS = """
UNWIND range(0, size($sources) - 1) AS i
MATCH (a:Entity {entityKey: $sources[i]})
MATCH (b:Target {targetKey: $targets[i]})
CREATE (a)-[:LINK {scanId: $scanId, linkType: $linkType, weight: $weight[i], isHub: $isHub[i], nEvents: $nEvents[i],
    nAccounts: $nAccounts[i],
    firstSeen: CASE WHEN $firstSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $firstSeen[i]}) END,
    lastSeen: CASE WHEN $lastSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $lastSeen[i]}) END}]->(b)
"""
ADD_FOUND_IN = """
MATCH (s:RingScan {scanId: $scanId})
UNWIND range(0, size($ringId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
CREATE (r)-[:FOUND_IN {scanId: $scanId, score: $score[i], band: $band[i], nMembers: $nMembers[i]}]->(s)
"""
ADD_MERGED = """
UNWIND range(0, size($ringId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
MATCH (b:FraudRing {ringId: $otherId[i]})
CREATE (b)-[:MERGED_INTO {scanId: $scanId}]->(r)
"""
ADD_SPLIT = """
UNWIND range(0, size($ringId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
MATCH (b:FraudRing {ringId: $otherId[i]})
CREATE (r)-[:SPLIT_FROM {scanId: $scanId}]->(b)
"""
SET_RINGS = """
UNWIND range(0, size($ringId) - 1) AS i
MATCH (r:FraudRing {ringId: $ringId[i]})
SET r.scanId = $scanId, r.status = 'listed', r.typology = $typology[i], r.band = $band[i], r.score = $score[i],
    r.scoreLow = $scoreLow[i], r.scoreHigh = $scoreHigh[i], r.qValue = $qValue[i], r.nMembers = $nMembers[i],
    r.nSignals = $nSignals[i], r.valueAtStake = $valueAtStake[i], r.currency = $currency[i],
    r.lineage = $lineage[i], r.model = $model[i],
    r.firstSeen = CASE WHEN $firstSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $firstSeen[i]}) END,
    r.lastSeen = CASE WHEN $lastSeen[i] IS NULL THEN null ELSE datetime({epochMillis: $lastSeen[i]}) END
"""

# ---- the end: the pointer, what is stale, the mark that all is done -----------------------------------------------

SWITCH = "MATCH (s:RingScan) WHERE s.scanId IS NOT NULL SET s.isCurrent = (s.scanId = $scanId)"
SET_STATUS = "UNWIND $ringIds AS id MATCH (r:FraudRing {ringId: id}) WHERE r.scanId <> $scanId SET r.status = $status"
END_STATUS = """
MATCH (r:FraudRing) WHERE r.scanId <> $scanId AND r.status = 'listed'
CALL (r) { SET r.status = 'dissolved' } IN TRANSACTIONS OF 10000 ROWS
"""
COUNT_OF_TYPE = "MATCH ()-[m:LINK]->() WHERE m.scanId = $scanId RETURN count(m) AS n"
COUNT_STALE = "MATCH ()-[m:LINK]->() WHERE m.scanId <> $scanId RETURN count(m) AS n"
# relationships without a `scanId` are not ours: a comparison with nothing is never true
CLEAR_STALE = """
MATCH ()-[m:LINK]->() WHERE m.scanId <> $scanId
CALL (m) { DELETE m } IN TRANSACTIONS OF 10000 ROWS
"""
CLEAR_SCAN = """
MATCH ()-[m:LINK]->() WHERE m.scanId = $scanId
CALL (m) { DELETE m } IN TRANSACTIONS OF 10000 ROWS
"""
CLEAR_STALE_EVIDENCE = """
MATCH (e:RingEvidence) WHERE e.scanId <> $scanId
CALL (e) { DETACH DELETE e } IN TRANSACTIONS OF 10000 ROWS
"""
CLEAR_SCAN_EVIDENCE = """
MATCH (e:RingEvidence) WHERE e.scanId = $scanId
CALL (e) { DETACH DELETE e } IN TRANSACTIONS OF 10000 ROWS
"""
# what write-backs of other scans left that never came to their end
UNFINISHED = "MATCH (s:RingScan) WHERE s.scanId <> $scanId AND s.plan IS NOT NULL RETURN s.scanId AS unfinished"
DROP_SCAN = "MATCH (s:RingScan {scanId: $scanId}) DETACH DELETE s"
DROP_LANES = "MATCH (l:RingScanLane {scanId: $scanId}) DELETE l"
DROP_LEFT_RINGS = """
MATCH (r:FraudRing) WHERE r.scanId IN $scanIds AND NOT (r)--()
CALL (r) { DELETE r } IN TRANSACTIONS OF 10000 ROWS
"""
ALL_LINK_TYPES = "MATCH (s:RingScan) UNWIND s.linkTypes AS name RETURN DISTINCT name"
FINISH = """
MATCH (s:RingScan {scanId: $scanId})
SET s.contentHash = $contentHash, s.nRelationships = $nRelationships, s.nMissing = $nMissing
REMOVE s.plan, s.imported
WITH s
MATCH (l:RingScanLane {scanId: $scanId}) DELETE l
"""
