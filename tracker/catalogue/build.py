"""Building the catalogue from its documents: first what is referred to, then what refers."""

from __future__ import annotations

from collections.abc import Mapping

from tracker.canonical import digest
from tracker.catalogue.builtin import DOMAIN, builtin_events
from tracker.catalogue.documents import Documents
from tracker.catalogue.events import Declared, declare
from tracker.catalogue.graph import circles, missing_groupings
from tracker.catalogue.labels import label
from tracker.catalogue.lifecycles import lifecycles
from tracker.catalogue.metrics import metric
from tracker.catalogue.model import Catalogue, Domain, Label, Metric, Organisation
from tracker.catalogue.organisation import organisation
from tracker.catalogue.reader import NAME, Mistakes, Section
from tracker.catalogue.scope import Scope
from tracker.catalogue.units import schedule, units
from tracker.catalogue.workflows import workflows


def build(documents: Documents) -> Catalogue:
    """The catalogue that the documents describe.

    :raise CatalogueInvalid: with every mistake found.
    """
    mistakes = Mistakes()
    ours = organisation(documents.section("organisation", mistakes))
    sections = documents.domain_sections(mistakes)
    domains = {id: Domain(id, _open(id, section, ours), section.flag("discreet")) for id, section in sections.items()}
    scope = _scope(documents, sections, ours, mistakes)
    found = tuple(each for id, section in sections.items() for each in lifecycles(section, id, scope))
    metrics = _metrics(sections, scope)
    rules = workflows(sections, scope)
    _close(sections, metrics)
    jobs = schedule(documents.section("schedule", mistakes))
    mistakes.check()
    text = documents.to_json()
    return Catalogue(
        organisation=ours,
        units=scope.units,
        domains=domains,
        events={**scope.events, **builtin_events(ours.locales)},
        lifecycles=found,
        metrics=metrics,
        schedule=jobs,
        digest=digest(text).hex(),
        documents=text,
        workflows=rules,
    )


def _open(id: str, section: Section, ours: Organisation) -> Label:
    """Check that a domain's file is called what it says, and read its label."""
    if not NAME.fullmatch(id):
        section.wrong(None, f"the file name {id!r} is not of the form lower_case")
    if id == DOMAIN:
        section.wrong(None, f"the domain {DOMAIN!r} is reserved; choose another name")
    if (said := section.text("domain")) and said != id:
        section.wrong("domain", f"is {said!r}, but the file is called {id}.yaml; the two must agree")
    return label(section, "label", ours.locales)


def _scope(documents: Documents, sections: Mapping[str, Section], ours: Organisation, mistakes: Mistakes) -> Scope:
    declared = Declared()
    for id, section in sections.items():
        declare(section, id, ours, declared)
    names = [f"{id}.{name}" for id, section in sections.items() for name in _metric_sections(section).data]
    measured = units(documents.section("units", mistakes), ours.locales)
    return Scope(ours, measured, declared.events, names, declared.broken)


def _metric_sections(section: Section) -> Section:
    return section.section("metrics", optional=True)


def _metrics(sections: Mapping[str, Section], scope: Scope) -> dict[str, Metric]:
    built = (
        metric(name, each, id, scope)
        for id, section in sections.items()
        for name, each in _metric_sections(section).entries()
    )
    return {each.id: each for each in built if each is not None}


def _close(sections: Mapping[str, Section], metrics: Mapping[str, Metric]) -> None:
    for circle in circles(metrics):
        first = metrics[circle[0]]
        _wrong(sections, first, "", f"is computed from itself: {' → '.join(circle)}")
    for each, part, group in missing_groupings(metrics):
        _wrong(sections, each, ".by", f"{part!r}, from which it is computed, is not by [{', '.join(group)}]")
    for section in sections.values():
        section.close()


def _wrong(sections: Mapping[str, Section], metric: Metric, key: str, message: str) -> None:
    name = metric.id.removeprefix(f"{metric.domain}.")
    sections[metric.domain].wrong(f"metrics.{name}{key}", message)
