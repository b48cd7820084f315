"""The table of rules, as Prometheus reads it: YAML written by hand, since strings in double quotes are JSON's."""

import json
from collections.abc import Iterator

from .rules import RULES, Level, Rule


def prometheus_rules() -> str:
    """A file for ``rule_files``."""
    lines = ["groups:", "- name: aistore", "  rules:"]
    for rule in RULES:
        for level in (Level.WARNING, Level.ALERT):
            if rule.limit(level) is not None:
                lines += _rule(rule, level)
    return "\n".join(lines) + "\n"


def _rule(rule: Rule, level: Level) -> Iterator[str]:
    severity = {Level.WARNING: "warning", Level.ALERT: "critical"}[level]
    yield f"  - alert: {_camel(rule.name)}{level.name.capitalize()}"
    yield f"    expr: {json.dumps(_expression(rule, level))}"
    yield f"    for: {rule.lasts}"
    yield f"    labels: {{severity: {severity}, service: aistore}}"
    yield "    annotations:"
    yield f"      summary: {json.dumps(f'aistore: {rule.what}: {VALUE[rule.unit]}')}"
    yield f"      description: {json.dumps(rule.remedy)}"


def _expression(rule: Rule, level: Level) -> str:
    enough = f" and {rule.events} >= {rule.least}" if rule.events else ""
    return f"({rule.expression}) {'<' if rule.is_floor else '>'} {rule.limit(level):g}{enough}"


VALUE = {
    "percent": "{{ $value | humanizePercentage }}",
    "count": "{{ $value }}",
    "a minute": "{{ $value }} a minute",
    "seconds": "{{ $value | humanizeDuration }}",
    "hours": "{{ $value | humanizeDuration }}",
}


def _camel(name: str) -> str:
    return "Aistore" + "".join(word.capitalize() for word in name.split("_"))
