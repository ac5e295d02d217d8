"""Mods: detections that somebody else wrote, as a folder or a git repository.

install copies one below the workspace, .tailpipe/mods/NAME, and pins its source, version and commit in
mods.lock.json; without a source it copies what that file pins. Nothing of a mod is run. Without a version it takes
the newest release. update fetches again, uninstall removes. A mod is used by a detection_pack block, which install
prints; docs/mods.md shows what it may say. init begins a mod of your own.

Examples:
  tailpipe mod install github.com/turbot/tailpipe-mod-aws-cloudtrail-log-detections@v0.3.0
  tailpipe mod install ./our-mod
  tailpipe mod install
  tailpipe mod list
  tailpipe mod show aws_cloudtrail_log_detections
  tailpipe mod update
  tailpipe mod uninstall aws_cloudtrail_log_detections
  tailpipe mod init ./our-mod

json: list gives [{"name", "version", "source", "asked", "commit", "digest", "path", "state"}], with state ok, changed
or missing; install, update and uninstall give those they touched, in the same way; show gives one of them with
{"title", "description", "queries", "benchmarks", "detections", "skipped", "notices"}; init gives {"name", "files"}.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tailpipe_assets.cli.exits import Exit
from tailpipe_assets.cli.listing import print_facts, print_json, print_rows
from tailpipe_resources.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from tailpipe_assets.mods.lock import Locked
    from tailpipe_assets.mods.store import Store
    from tailpipe_resources.model.mod import Mod

_VERBS = ("init", "install", "list", "show", "update", "uninstall")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare flags and arguments."""
    parser.add_argument("verb", choices=_VERBS, help="what to do")
    parser.add_argument(
        "names",
        nargs="*",
        metavar="MOD",
        help="install: where it comes from, with @version; init: a folder; otherwise its name",
    )
    parser.add_argument("--output", choices=("pretty", "json"), default="pretty", help="how to write it")


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    from tailpipe_assets.mods.store import Store

    store = Store(Path())
    if args.verb == "list":
        _refuse_names(args)
        return _list(store, args.output)
    if args.verb == "show":
        return _show(store, _one(args, "mod"), args.output)
    if args.verb == "init":
        return _init(Path(_one(args, "folder") if args.names else "."), args.output)
    return _change(store, args)


def _change(store: Store, args: argparse.Namespace) -> int:
    from tailpipe_assets.mods.origin import origin_of

    if args.verb == "uninstall":
        _one(args, "mod")
        touched = [store.uninstall(each.name) for each in _named(store, args.names)]
    elif args.verb == "update":
        touched = [store.update(each) for each in _named(store, args.names)]
    elif args.names:
        touched = [store.install(each) for each in list(map(origin_of, args.names))]
    else:
        touched = [store.restore(each) for each in _known(store) if store.state(each) != "ok"]
    if args.output == "json":
        print_json([_row(store, each) for each in touched])
    else:
        _tell(store, args.verb, touched)
    return Exit.OK


def _named(store: Store, names: Sequence[str]) -> Sequence[Locked]:
    return [store.named(name) for name in names] if names else _known(store)


def _known(store: Store) -> Sequence[Locked]:
    found = store.all()
    if not found:
        raise UsageError("no mod is installed here; name one, such as github.com/owner/name@version")
    return found


def _tell(store: Store, verb: str, touched: Sequence[Locked]) -> None:
    done = {"install": "installed", "update": "updated", "uninstall": "uninstalled"}[verb]
    for each in touched:
        commit = f" ({each.commit[:12]})" if each.commit else ""
        print(f"{done} {each.name} {each.version}{commit} from {each.source}")
    if not touched:
        print("every mod is as mods.lock.json pins it")
    if verb == "install" and touched:
        name = touched[-1].name
        print(f'\nuse it:\n\ndetection_pack "mod" "{name}" {{\n  path = "{store.folder_of(name)}"\n}}')


def _list(store: Store, output: str) -> int:
    rows = [_row(store, each) for each in store.all()]
    if output == "json":
        print_json(rows)
    elif rows:
        print_rows(rows, ("name", "version", "state", "source", "path"))
    else:
        print("no mod is installed here")
    return Exit.OK


def _show(store: Store, name: str, output: str) -> int:
    from tailpipe_resources.config.mods import read_mod

    is_folder = Path(name).is_dir() and name not in {each.name for each in store.all()}
    locked = None if is_folder else store.named(name)
    mod = read_mod(name if locked is None else store.folder_of(name))
    facts = {**(_row(store, locked) if locked else {"name": mod.name, "path": mod.path}), **_facts(mod)}
    if output == "json":
        print_json(facts)
        return Exit.OK
    print_facts({key: value for key, value in facts.items() if not isinstance(value, list)})
    for key, columns in (("detections", ("name", "severity", "title")), ("skipped", ("rule", "reason", "place"))):
        if facts[key]:
            print(f"\n{key}:")
            print_rows(facts[key], columns)
    return Exit.OK


def _facts(mod: Mod) -> dict[str, Any]:
    return {
        "title": mod.title,
        "description": mod.description,
        "queries": mod.queries,
        "benchmarks": list(mod.benchmarks),
        "detections": [{"name": each.name, "severity": each.severity, "title": each.title} for each in mod.detections],
        "skipped": [{"rule": each.rule, "reason": each.reason, "place": str(each.place)} for each in mod.skipped],
        "notices": list(mod.notices),
    }


def _init(folder: Path, output: str) -> int:
    from tailpipe_assets.mods.skeleton import begin

    name = folder.resolve().name.replace("-", "_")
    files = [str(each) for each in begin(folder, name)]
    if output == "json":
        print_json({"name": name, "files": files})
    else:
        print(f"began the mod {name}: {', '.join(files)}")
    return Exit.OK


def _row(store: Store, mod: Locked) -> dict[str, Any]:
    return {**asdict(mod), "path": str(store.folder_of(mod.name)), "state": store.state(mod)}


def _one(args: argparse.Namespace, noun: str) -> str:
    if not args.names or (len(args.names) > 1 and args.verb != "uninstall"):
        raise UsageError(f"{args.verb} needs the name of one {noun}; tailpipe mod list shows which there are")
    name: str = args.names[0]
    return name


def _refuse_names(args: argparse.Namespace) -> None:
    if args.names:
        raise UsageError(f'list takes no name; did you mean "show {args.names[0]}"?')
