"""Houses over a few domains of the reference configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

from tests.house import House
from tracker.catalogue import Catalogue, from_documents, load
from tracker.db import Database
from tracker.settings import shipped


@lru_cache
def only(*domains: str) -> Catalogue:
    """The reference catalogue with these domains alone."""
    documents = json.loads(load(shipped("config")).documents)
    documents["domains"] = {id: each for id, each in documents["domains"].items() if id in domains}
    return from_documents(json.dumps(documents))


def expiring(catalogue: Catalogue, days: int) -> Catalogue:
    """The same, but points of accounts expire."""
    rules = catalogue.workflows.content
    assert rules is not None
    return replace(catalogue, workflows=replace(catalogue.workflows, content=replace(rules, points_days=days)))


def house_of(database: Database, *domains: str) -> House:
    """A house whose catalogue has these domains of the reference configuration."""
    return House.build(database, only(*domains))
