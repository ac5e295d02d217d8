"""A mod as a pack: its detections as rules over the rows that come in, or by a schedule where they must count."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from tailpipe_assets.detections.asked import understood
from tailpipe_assets.detections.rules import PackLoaded, Skipped
from tailpipe_resources.config.mods import read_mod
from tailpipe_resources.errors import ConfigError, UsageError
from tailpipe_resources.model.detection import MITRE_ID, Detection
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.names import hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tailpipe_assets.detections.asking import Asked
    from tailpipe_assets.detections.rules import RuleTable
    from tailpipe_resources.model.detection import DetectionPack, Detections
    from tailpipe_resources.model.mod import Mod, ModDetection
    from tailpipe_resources.model.place import Problems

MOD = "mod"
MITRE_TAG = "mitre_attack_ids"
_SEVERITIES = {str(each): each for each in Severity} | {"none": Severity.INFO, "informational": Severity.INFO}
_EMPTY = "''"


def load_mods(
    said: Detections, tables: Mapping[str, RuleTable], problems: Problems
) -> tuple[Detections, tuple[PackLoaded, ...]]:
    """The detections of a configuration with those of its mods, each of which was tried, and what became of the mods.

    Args:
        said: what the configuration says.
        tables: those that queries may name.
        problems: receives what is wrong with the packs themselves.
    """
    packs = [each for each in said.packs if each.type == MOD and each.options.get("enabled", True)]
    loaded = [found for each in packs if (found := _load(each, said, tables, problems)) is not None]
    made = (detection for _, detections in loaded for detection in detections)
    return replace(said, detections=(*said.detections, *made)), tuple(pack for pack, _ in loaded)


def _load(
    pack: DetectionPack, said: Detections, tables: Mapping[str, RuleTable], problems: Problems
) -> tuple[PackLoaded, list[Detection]] | None:
    subject = f"detection_pack.{pack.type}.{pack.name}"
    try:
        mod = read_mod(pack.path, pack.options.get("variables"))
    except UsageError as error:
        problems.add(pack.place, f"{subject}: path: {error}")
        return None
    except ConfigError as error:
        problems.extend(error.problems)
        return None
    for name in pack.options.get("benchmarks", ()):
        if _short(name) not in mod.benchmarks:
            near = hint(_short(name), mod.benchmarks)
            problems.add(pack.place, f'{subject}: benchmarks: {mod.name} has no benchmark "{_short(name)}"{near}')
    wanted = _wanted(mod, pack)
    asked = understood([each.sql for each in wanted], tables)
    detections = []
    skipped = [Skipped(f"{each.place}: {each.rule}", each.reason) for each in mod.skipped]
    for each, what in zip(wanted, asked, strict=True):
        if isinstance(what, str):
            skipped.append(Skipped(f"{each.sql_place}: {each.name}", f"sql: {what}"))
        else:
            detections.append(_detection(each, what, pack))
    notices = (*mod.notices, *_notices(mod, wanted, asked, pack), *_unmet(pack, said, detections))
    left_out = len(mod.detections) - len(wanted)
    loaded = PackLoaded(
        f"{pack.type}.{pack.name}",
        pack.place,
        len(mod.detections) + len(mod.skipped),
        len(detections),
        {"not asked for": left_out} if left_out else {},
        tuple(skipped),
        tuple(f"{subject}: {each}" for each in notices),
    )
    return loaded, detections


def _unmet(pack: DetectionPack, said: Detections, detections: Sequence[Detection]) -> Iterator[str]:
    """Overrides of what is not there, or not used: others may change a mod at any time."""
    used = {each.address for each in detections}
    for each in said.overrides:
        if each.address.startswith(f"{pack.type}.{pack.name}.") and each.address not in used:
            yield f"{each.place}: detection_override.{each.address}: no rule of the pack that is used is called so"


def _wanted(mod: Mod, pack: DetectionPack) -> list[ModDetection]:
    benchmarks = tuple(map(_short, pack.options.get("benchmarks", ())))
    chosen = mod.of_benchmarks(benchmarks) if benchmarks else {each.name for each in mod.detections}
    least = Severity[str(pack.options.get("min_severity") or "info").upper()]
    excluded = pack.options.get("exclude", ())
    return [
        each
        for each in mod.detections
        if each.name in chosen
        and _severity(each) >= least
        and not any(fnmatchcase(each.name, _short(pattern)) for pattern in excluded)
    ]


def _detection(said: ModDetection, asked: Asked, pack: DetectionPack) -> Detection:
    shown = [name for name in said.columns if name in asked.columns]
    return Detection(
        table=asked.table,
        name=said.name,
        place=said.place,
        where=asked.where,
        sql=said.sql if asked.where is None else None,
        severity=_severity(said),
        title=said.title or said.name.replace("_", " ").capitalize(),
        description="\n\n".join(filter(None, (said.description, said.documentation))),
        mitre=tuple(each for each in _mitre(said) if MITRE_ID.fullmatch(each)),
        tags=tuple(f"{key}:{value}" for key, value in said.tags.items() if key != MITRE_TAG),
        full_scan=asked.where is None,
        schedule=pack.options.get("schedule") if asked.where is None else None,
        actor=_value(asked, "actor"),
        resource=_value(asked, "resource"),
        columns=tuple(asked.columns[name] for name in shown),
        column_names=tuple(shown),
        asks_table=asked.asks_table,
        pack=f"{pack.type}.{pack.name}",
        places={"where": said.sql_place, "sql": said.sql_place},
    )


def _notices(
    mod: Mod, wanted: list[ModDetection], asked: tuple[Asked | str, ...], pack: DetectionPack
) -> Iterator[str]:
    for pattern in pack.options.get("exclude", ()):
        if not any(fnmatchcase(each.name, _short(pattern)) for each in mod.detections):
            yield f'exclude: "{pattern}" matches no detection of {mod.name}'
    for each, what in zip(wanted, asked, strict=True):
        if each.severity and each.severity.lower() not in _SEVERITIES:
            yield f'{each.place}: {each.name}: severity "{each.severity}" is unknown; taken as medium'
        for written in _mitre(each):
            if not MITRE_ID.fullmatch(written):
                yield f'{each.place}: {each.name}: {MITRE_TAG}: "{written}" is no ATT&CK id; left out'
        if not isinstance(what, str) and what.why and not pack.options.get("schedule"):
            yield f"{each.sql_place}: {each.name}: not asked as rows come in: {what.why}"


def _mitre(said: ModDetection) -> list[str]:
    return [each.strip() for each in said.tags.get(MITRE_TAG, "").split(",") if each.strip()]


def _severity(said: ModDetection) -> Severity:
    return _SEVERITIES.get(said.severity.lower(), Severity.MEDIUM)


def _value(asked: Asked, name: str) -> str | None:
    value = asked.columns.get(name)
    return None if value == _EMPTY else value


def _short(name: str) -> str:
    """A name without the type of block or the mod before it."""
    return name.rpartition(".")[2]
