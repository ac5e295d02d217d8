"""Tags: what a Sigma rule says of MITRE ATT&CK, as our detections write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TACTICS = {
    "reconnaissance": "TA0043",
    "resource-development": "TA0042",
    "initial-access": "TA0001",
    "execution": "TA0002",
    "persistence": "TA0003",
    "privilege-escalation": "TA0004",
    "defense-evasion": "TA0005",
    "stealth": "TA0005",
    "defense-impairment": "TA0112",
    "credential-access": "TA0006",
    "discovery": "TA0007",
    "lateral-movement": "TA0008",
    "collection": "TA0009",
    "command-and-control": "TA0011",
    "exfiltration": "TA0010",
    "impact": "TA0040",
}
_TECHNIQUE = re.compile(r"t\d{4}(\.\d{3})?")
_OTHER = re.compile(r"[gsc]\d{4}|ta\d{4}|ds\d{4}")
_ATTACK = "attack."


@dataclass(frozen=True, slots=True)
class Told:
    """What tags say."""

    mitre: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    malformed: tuple[str, ...] = ()


def told_by(tags: Iterable[str]) -> Told:
    """Tags, taken apart. A technique has its tactic before it where there is no doubt which."""
    tactics: list[str] = []
    techniques: list[str] = []
    others: list[str] = []
    malformed: list[str] = []
    for tag in tags:
        word = tag.lower().removeprefix(_ATTACK)
        if not tag.lower().startswith(_ATTACK):
            others.append(tag)
        elif (tactic := _TACTICS.get(word.replace("_", "-"))) is not None:
            tactics.append(tactic)
        elif _TECHNIQUE.fullmatch(word):
            techniques.append(word.upper())
        elif _OTHER.fullmatch(word):
            others.append(tag)
        else:
            malformed.append(tag)
    if len(set(tactics)) == 1 and techniques:
        ids = [f"{tactics[0]}:{each}" for each in techniques]
    else:
        ids = [*tactics, *techniques]
    return Told(tuple(dict.fromkeys(ids)), tuple(others), tuple(malformed))
