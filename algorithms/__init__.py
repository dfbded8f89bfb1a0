"""The ground: graphs as arrays and the algorithms on them."""

from algorithms.account_features import AccountFeatures, account_transfer_features, one_off_pairs
from algorithms.action_runs import same_action_runs
from algorithms.agglomeration import Dendrogram, agglomerate
from algorithms.bursts import Bursts, find_bursts
from algorithms.common_inputs import change_outputs, common_inputs
from algorithms.communities import Communities, find_communities, find_nested_communities
from algorithms.cuts import (
    MinimumCut,
    articulation_points,
    bridges,
    conductance,
    connected_components,
    k_cores,
    minimum_cut,
    two_edge_components,
)
from algorithms.dense_blocks import DenseBlock, bipartite_graph, dense_blocks, densest_block, time_bins
from algorithms.deposits import find_deposit_addresses
from algorithms.entity_graph import EntityGraph, Events, Links
from algorithms.entity_hetero_data import entity_graph_from_hetero_data, entity_graph_to_hetero_data
from algorithms.entity_interchange import entity_graph_from_pandas, entity_graph_to_pandas
from algorithms.entity_networks import (
    entity_graph_from_igraph,
    entity_graph_from_networkx,
    entity_graph_to_igraph,
    entity_graph_to_networkx,
)
from algorithms.funding import Funding, first_funders, funding_bursts, last_sweeps
from algorithms.graph import Graph
from algorithms.interchange import from_igraph, from_networkx, from_scipy, to_igraph, to_networkx, to_scipy
from algorithms.lockstep import LockstepPairs, lockstep_pairs
from algorithms.pair_evidence import UsePenalties, weigh_pairs
from algorithms.partition_statistics import PartitionStatistics, partition_statistics
from algorithms.projection import Projection, count_pairs, project
from algorithms.regrouping import complete, first_of_each, regroup
from algorithms.ring_transfer_features import RingTransferFeatures, pool_members, ring_transfer_features
from algorithms.sampling import Neighbourhood, Relation, sample_neighbours
from algorithms.sequences import PacedRun, Sequences, paced_runs
from algorithms.significance import benjamini_hochberg, decoy_q_values, expected_share
from algorithms.spreading import (
    UnionFind,
    clustering_coefficients,
    count_triangles,
    personalised_pagerank,
    propagate_labels,
)
from algorithms.taint import TAINT_METHODS, Taint, trace_taint
from algorithms.thinning import keep_heaviest
from algorithms.times import MISSING_TIME
from algorithms.transactions import Transactions, find_coinjoins, group_transactions
from algorithms.transfer_features import TransferFeatures, feature_names, transfer_features
from algorithms.transfer_state import PatternSettings, TransferState
from algorithms.transfers import Transfers
from algorithms.triads import add_triads
from algorithms.wallet_pairs import WalletPairs

__all__ = [
    "MISSING_TIME",
    "TAINT_METHODS",
    "AccountFeatures",
    "Bursts",
    "Communities",
    "Dendrogram",
    "DenseBlock",
    "EntityGraph",
    "Events",
    "Funding",
    "Graph",
    "Links",
    "LockstepPairs",
    "MinimumCut",
    "Neighbourhood",
    "PacedRun",
    "PartitionStatistics",
    "PatternSettings",
    "Projection",
    "Relation",
    "RingTransferFeatures",
    "Sequences",
    "Taint",
    "Transactions",
    "TransferFeatures",
    "TransferState",
    "Transfers",
    "UnionFind",
    "UsePenalties",
    "WalletPairs",
    "account_transfer_features",
    "add_triads",
    "agglomerate",
    "articulation_points",
    "benjamini_hochberg",
    "bipartite_graph",
    "bridges",
    "change_outputs",
    "clustering_coefficients",
    "common_inputs",
    "complete",
    "conductance",
    "connected_components",
    "count_pairs",
    "count_triangles",
    "decoy_q_values",
    "dense_blocks",
    "densest_block",
    "entity_graph_from_hetero_data",
    "entity_graph_from_igraph",
    "entity_graph_from_networkx",
    "entity_graph_from_pandas",
    "entity_graph_to_hetero_data",
    "entity_graph_to_igraph",
    "entity_graph_to_networkx",
    "entity_graph_to_pandas",
    "expected_share",
    "feature_names",
    "find_bursts",
    "find_coinjoins",
    "find_communities",
    "find_deposit_addresses",
    "find_nested_communities",
    "first_funders",
    "first_of_each",
    "from_igraph",
    "from_networkx",
    "from_scipy",
    "funding_bursts",
    "group_transactions",
    "k_cores",
    "keep_heaviest",
    "last_sweeps",
    "lockstep_pairs",
    "minimum_cut",
    "one_off_pairs",
    "paced_runs",
    "partition_statistics",
    "personalised_pagerank",
    "pool_members",
    "project",
    "propagate_labels",
    "regroup",
    "ring_transfer_features",
    "same_action_runs",
    "sample_neighbours",
    "time_bins",
    "to_igraph",
    "to_networkx",
    "to_scipy",
    "trace_taint",
    "transfer_features",
    "two_edge_components",
    "weigh_pairs",
]
