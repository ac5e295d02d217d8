"""Loading: the Sigma rules of a configuration as ordinary detections, and which of them do not run, and why."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_assets.detections.rules import PackLoaded, Skipped
from tailpipe_assets.detections.sigma.cache import Cache, installed
from tailpipe_assets.detections.sigma.converted import Converted
from tailpipe_resources.model.detection import Detection
from tailpipe_resources.model.finding import Severity
from tailpipe_resources.model.names import hint
from tailpipe_resources.model.place import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tailpipe_assets.detections.rules import RuleTable
    from tailpipe_assets.detections.sigma.converting import Converter
    from tailpipe_resources.model.detection import DetectionPack, Detections
    from tailpipe_resources.model.place import Problems

SIGMA = "sigma"
STATUSES = ("stable", "test", "experimental", "deprecated", "unsupported")
_BY_DEFAULT = ("stable", "test")
_MISSING = "pySigma is not installed, which reads Sigma rules; run: pip install 'tailpipe[sigma]'"
_NOISY = {
    "905d389b-b853-46d0-9d3d-dea0d3a3cd49": "it finds every use of an assumed role",
}
"""Rules of SigmaHQ that find what everybody does all day: off, unless a `detection_override` says otherwise."""


@dataclass(frozen=True, slots=True)
class SigmaLoaded:
    """The rules of a configuration when its Sigma rules are conditions."""

    said: Detections
    packs: tuple[PackLoaded, ...] = ()
    tried: frozenset[str] = frozenset()
    """Addresses of detections whose conditions were tried on the table when they were made."""


def load_sigma(said: Detections, tables: Mapping[str, RuleTable], problems: Problems) -> SigmaLoaded:
    """The detections of a configuration with those of Sigma rules turned into conditions.

    Args:
        said: what the configuration says.
        tables: all there are, by name.
        problems: receives everything wrong, but not rules of a pack that do not run.
    """
    packs = [each for each in said.packs if each.type == SIGMA and each.options.get("enabled", True)]
    if not packs and all(each.sigma is None for each in said.detections):
        return SigmaLoaded(said)
    with ExitStack() as open_while:
        loader = _Loader(tables, problems, open_while)
        own = [each if each.sigma is None else loader.own(each) for each in said.detections]
        loaded = [found for each in packs if (found := loader.pack(each)) is not None]
        loader.save()
    for pack, made in loaded:
        _check_overrides(said, pack, made, problems)
    tried = tuple(each for _, made in loaded for each in made)
    return SigmaLoaded(
        replace(said, detections=(*own, *tried)),
        tuple(pack for pack, _ in loaded),
        frozenset(each.address for each in tried),
    )


class _Loader:
    """Converts what is not known yet."""

    def __init__(self, tables: Mapping[str, RuleTable], problems: Problems, open_while: ExitStack) -> None:
        self._tables, self._problems, self._open_while = tables, problems, open_while
        self._converters: dict[str, tuple[Cache, Converter | None]] = {}

    def own(self, detection: Detection) -> Detection:
        """A detection with `sigma`, as one with `where`; what it does not say of itself the rule says."""
        table = self._tables.get(detection.table)
        if table is None or detection.sigma is None:
            return detection
        found = Converted(reason=_MISSING) if installed() is None else self._convert(detection.sigma, table, {})
        if found.where is None:
            place = detection.place_of("sigma")
            self._problems.add(place, f"detection.{detection.address}: sigma: {found.reason}")
            return detection
        told: dict[str, Any] = {
            name: value for name, value in _told(found).items() if name not in detection.places and value
        }
        told["authors"] = tuple(dict.fromkeys((*detection.authors, *found.about.authors)))
        if detection.threshold is None and found.counted is not None:
            told["threshold"] = found.counted.threshold
        return replace(detection, where=found.where, sigma=None, **told)

    def pack(self, pack: DetectionPack) -> tuple[PackLoaded, tuple[Detection, ...]] | None:
        """The detections of a folder of rules; None after noting why it cannot be read."""
        subject = f"detection_pack.{pack.type}.{pack.name}"
        table = self._tables.get(pack.options.get("table", ""))
        wrong = _fault_of(pack, table, self._tables)
        files = [] if wrong else _files(Path(pack.path))
        if wrong or not files:
            self._problems.add(pack.place, f"{subject}: {wrong or f'{pack.path} holds no .yml file'}")
            return None
        assert table is not None
        chosen = _Chosen(pack)
        made: dict[str, Detection] = {}
        for file in files:
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                chosen.skip(file, f"cannot be read: {error}")
                continue
            found = self._convert(text, table, pack.options.get("variables", {}))
            if file.stem in made:
                chosen.skip(file, "another rule of the pack has the same name")
            elif chosen.takes(file, found):
                made[file.stem] = _detection(pack, file, table, found)
        return chosen.told(len(files)), tuple(made.values())

    def save(self) -> None:
        """Keep what was converted."""
        for cache, _ in self._converters.values():
            cache.save()

    def _convert(self, text: str, table: RuleTable, variables: Mapping[str, Any]) -> Converted:
        key = f"{table.name} {sorted(variables.items())}"
        if key not in self._converters:
            self._converters[key] = Cache(table, variables), None
        cache, converter = self._converters[key]
        known = cache.get(text)
        if known is not None:
            return known
        if converter is None:
            converter = self._converter(table, variables)
            self._converters[key] = cache, converter
        found = converter.convert(text)
        cache.put(text, found)
        return found

    def _converter(self, table: RuleTable, variables: Mapping[str, Any]) -> Converter:
        from tailpipe_assets.detections.sigma.converting import Converter
        from tailpipe_resources.query.engine import isolated

        return Converter(self._open_while.enter_context(isolated()), table, variables, "tp_sigma")


class _Chosen:
    """Which rules of a pack run, and what became of the others."""

    def __init__(self, pack: DetectionPack) -> None:
        self._pack = pack
        said = pack.options.get("min_severity")
        self._least = Severity.__members__.get(said.upper(), Severity.MEDIUM) if said else Severity.MEDIUM
        self._statuses = tuple(pack.options.get("include_status", _BY_DEFAULT))
        self._exclude = dict.fromkeys(pack.options.get("exclude", ()), 0)
        self._left_out: Counter[str] = Counter()
        self._skipped: list[Skipped] = []
        self._warnings: list[str] = []

    def skip(self, file: Path, reason: str) -> None:
        """Note a rule that cannot run."""
        self._skipped.append(Skipped(file.name, reason))

    def takes(self, file: Path, found: Converted) -> bool:
        """Whether a rule runs; what it does not fit is noted."""
        about = found.about
        patterns = [each for each in self._exclude if fnmatchcase(file.stem, each)]
        for each in patterns:
            self._exclude[each] += 1
        if patterns:
            self._left_out["excluded"] += 1
        elif found.is_elsewhere:
            self._left_out["about another log"] += 1
        elif found.where is None:
            self.skip(file, found.reason)
        elif about.severity < self._least:
            self._left_out[f"below {self._least}"] += 1
        elif about.status and about.status not in self._statuses:
            self._left_out[f"status {about.status}"] += 1
        else:
            self._warnings.extend(f"{file.name}: {each}" for each in about.warnings)
            if about.id in _NOISY:
                self._warnings.append(f"{file.name} is off: {_NOISY[about.id]}; a detection_override turns it on")
            return True
        return False

    def told(self, count: int) -> PackLoaded:
        """What became of the pack."""
        subject = f"{self._pack.place}: detection_pack.{self._pack.type}.{self._pack.name}"
        kept = count - len(self._skipped) - self._left_out.total()
        nothing = [] if kept else [f"none of its {count} rules runs on {self._pack.options['table']}"]
        unused = [f'exclude: "{each}" is no rule of it' for each, times in self._exclude.items() if not times]
        return PackLoaded(
            f"{self._pack.type}.{self._pack.name}",
            self._pack.place,
            count,
            kept,
            dict(self._left_out),
            tuple(self._skipped),
            tuple(f"{subject}: {each}" for each in (*nothing, *unused, *self._warnings)),
        )


def _detection(pack: DetectionPack, file: Path, table: RuleTable, found: Converted) -> Detection:
    return Detection(
        table=table.name,
        name=file.stem,
        place=Place(str(file), 1),
        where=found.where,
        enabled=found.about.id not in _NOISY,
        pack=f"{pack.type}.{pack.name}",
        authors=found.about.authors,
        threshold=None if found.counted is None else found.counted.threshold,
        **_told(found),
    )


def _told(found: Converted) -> dict[str, Any]:
    about = found.about
    return {
        "title": about.title,
        "description": about.description,
        "severity": about.severity,
        "mitre": about.mitre,
        "tags": about.tags,
        "references": about.references,
    }


def _fault_of(pack: DetectionPack, table: RuleTable | None, tables: Mapping[str, RuleTable]) -> str | None:
    name = pack.options.get("table")
    unknown = [each for each in pack.options.get("include_status", ()) if each not in STATUSES]
    if name is None:
        return 'needs table, such as "aws_cloudtrail_log"'
    if table is None:
        return f'table: there is no table "{name}"{hint(name, tables)}'
    if unknown:
        return f'include_status: there is no "{unknown[0]}"{hint(unknown[0], STATUSES)}'
    if not Path(pack.path).exists():
        return f"path: there is no {pack.path}; get the rules, for example from https://github.com/SigmaHQ/sigma"
    return _MISSING if installed() is None else None


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(each for each in path.rglob("*.y*ml") if each.suffix in {".yml", ".yaml"} and each.is_file())


def _check_overrides(said: Detections, pack: PackLoaded, made: tuple[Detection, ...], problems: Problems) -> None:
    """Whether what is overridden in a pack is in it."""
    known = {each.address for each in made}
    gone = {f"{pack.address}.{Path(each.file).stem}" for each in pack.skipped}
    for each in said.overrides:
        is_meant = each.address.startswith(f"{pack.address}.")
        if is_meant and each.address not in known and each.address not in gone:
            near = hint(each.address, known)
            problems.add(each.place, f'detection_override.{each.address}: no detection "{each.address}"{near}')
