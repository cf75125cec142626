"""Everything a process needs to work, opened once: settings, database, catalogue, intake."""

from __future__ import annotations

import gc
from dataclasses import dataclass, field
from functools import cached_property

from tracker.access.datakeys import DataKeys
from tracker.access.erasures import ErasureLedger
from tracker.access.keys import Keys
from tracker.access.limits import Limiter
from tracker.access.passwords import Passwords
from tracker.access.registry import Registry
from tracker.catalogue import Catalogue, load
from tracker.clock import Clock, now
from tracker.db import Database
from tracker.errors import CatalogueInactive
from tracker.intake.accept import Intake
from tracker.intake.quarantine import Quarantine
from tracker.intake.reception import Reception
from tracker.ledger.heads import read_head
from tracker.ledger.record import Ledger
from tracker.migrations import check_ready
from tracker.settings import Settings
from tracker.workflows.acts import Context
from tracker.workflows.reapplying import check_applied
from tracker.workflows.rules import rules_of


@dataclass(frozen=True)
class Service:
    """An opened tracker. Close it with :meth:`close`."""

    settings: Settings
    database: Database
    intake: Intake
    passwords: Passwords = field(default_factory=Passwords)

    @property
    def ledger(self) -> Ledger:
        """The ledger that everything is recorded in."""
        return self.intake.ledger

    @cached_property
    def keys(self) -> Keys:
        """The keys that live outside the database."""
        return keys_of(self.settings)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Where refused deliveries wait for a decision."""
        return Quarantine(self.keys.quarantine, self.settings.quarantine_days)

    @cached_property
    def registry(self) -> Registry:
        """The sources and tokens that this process knows."""
        return Registry(self.database, self.keys)

    @cached_property
    def reception(self) -> Reception:
        """The front door for machines, with the one writer of this process behind it."""
        limiter = Limiter(self.settings.rate_limit)
        return Reception(self.intake, self.database, self.registry, self.quarantine, limiter)

    @cached_property
    def context(self) -> Context:
        """What people act with."""
        return Context(self.intake, self.keys, rules_of(self.catalogue), erasures=self.erasures)

    @cached_property
    def erasures(self) -> ErasureLedger:
        """The file outside the database that says what was erased."""
        return ErasureLedger(self.settings.erasures_file or self.settings.home / "erasures" / "ledger")

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that this process holds."""
        return self.intake.ledger.catalogue

    def check_ready(self) -> None:
        """Refuse to work on a database that is not prepared for this process.

        :raise NotMigrated: the schema is old, or its guards are gone.
        :raise CatalogueInactive: another catalogue is in force.
        :raise NotReady: it was restored from a backup that holds what was erased since.
        """
        check_ready(self.database)
        with self.database.read() as session:
            active = read_head(session).catalogue
            check_applied(session, self.erasures.read())
        if active != self.catalogue.digest:
            raise CatalogueInactive(self.catalogue.digest, active)

    def close(self) -> None:
        """Finish what was handed in and give back the database's connections."""
        if "reception" in vars(self):
            self.reception.writer.close()
        self.database.close()


def keys_of(settings: Settings) -> Keys:
    """The key files that the settings name."""
    files = (settings.secrets_key_file, settings.quarantine_key_file, settings.vault_key_file, settings.log_key_file)
    return Keys.of(settings.home, *files)


def open_service(settings: Settings, *, clock: Clock = now) -> Service:
    """Load the catalogue and open the database that the settings name; nothing is created or changed.

    :raise CatalogueInvalid: the configuration has mistakes.
    """
    catalogue = load(settings.config)
    ledger = Ledger(catalogue, clock, vault=DataKeys(keys_of(settings).vault, clock))
    service = Service(settings, Database(settings.database_url), Intake.of(ledger))
    # What was opened lives as long as the process, and batches make many values that form no cycles:
    # the collector need not walk either again and again.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    return service
