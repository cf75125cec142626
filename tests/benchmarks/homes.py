"""Homes of the tracker: prepared once with a source and a token, then copied for each round."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.benchmarks.servers import TRACKER

CONFIG = Path(__file__).with_name("config")
NAME = "bench"


@dataclass(frozen=True, slots=True)
class Home:
    """A tracker that can be served; ``environment`` is what its commands need."""

    folder: Path
    url: str
    secret: str
    token: str

    @property
    def environment(self) -> Mapping[str, str]:
        """Its settings: the default ones, but for a limit that no load reaches."""
        return {
            "TRACKER_HOME": str(self.folder),
            "TRACKER_DATABASE_URL": self.url,
            "TRACKER_CONFIG": str(CONFIG),
            "TRACKER_RATE_LIMIT": "1000000/second",
        }


class Prepared:
    """A home that is copied, with its database, by :meth:`fresh`."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self._folder = folder
        self._name = f"tracker_bench_{uuid.uuid4().hex[:12]}"
        template = folder / "template"
        template.mkdir(parents=True)
        url = self._url(template) if engine == "sqlite" else postgres.create(self._name)
        self._home = self._settled(Home(template, url, "", ""))

    @contextmanager
    def fresh(self) -> Iterator[Home]:
        """A home of its own, without an event, removed at the end."""
        mark = uuid.uuid4().hex[:12]
        folder = self._folder / mark
        shutil.copytree(self._home.folder, folder)
        name = f"tracker_bench_{mark}"
        url = self._url(folder) if self.engine == "sqlite" else postgres.create(name, self._name)
        try:
            yield Home(folder, url, self._home.secret, self._home.token)
        finally:
            shutil.rmtree(folder)
            if self.engine != "sqlite":
                postgres.drop(name)

    def close(self) -> None:
        """Remove the database that was copied."""
        if self.engine != "sqlite":
            postgres.drop(self._name)

    def _settled(self, home: Home) -> Home:
        _tell(home, "init")
        types = f"{NAME}.*"
        source = _tell(home, "source", "add", NAME, "--uri", f"/{NAME}", "--types", types, "--backfill", "--json")
        scopes = ("--scope", "record", "--scope", "backfill")
        token = _tell(home, "token", "add", NAME, "--source", NAME, *scopes)
        return Home(home.folder, home.url, json.loads(source)["secret"], token.strip())

    @staticmethod
    def _url(folder: Path) -> str:
        return f"sqlite:///{folder / 'tracker.db'}"


def _tell(home: Home, *arguments: str) -> str:
    environment = {**os.environ, **home.environment}
    return subprocess.run([*TRACKER, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
