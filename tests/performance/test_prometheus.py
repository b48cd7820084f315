import shutil
import subprocess

import pytest

from aistore.performance.prometheus import prometheus_rules
from aistore.performance.rules import RULES

yaml = pytest.importorskip("yaml", reason="the rules for Prometheus were not read: PyYAML is not installed")
promql = pytest.importorskip(
    "promql_parser", reason="nor were their expressions: promql-parser is not installed"
)


@pytest.fixture
def rules():
    [group] = yaml.safe_load(prometheus_rules())["groups"]
    return group["rules"]


def test_one_for_each_threshold(rules):
    """Two limits are two rules; the severity says which."""
    wanted = sum((rule.warning is not None) + (rule.alert is not None) for rule in RULES)
    assert len(rules) == wanted
    assert len({rule["alert"] for rule in rules}) == wanted
    assert {rule["labels"]["severity"] for rule in rules} == {"warning", "critical"}


def test_expressions_are_promql(rules):
    """Each is a comparison, in the grammar of Prometheus."""
    for rule in rules:
        assert isinstance(promql.parse(rule["expr"]), promql.BinaryExpr)


def test_say_number_limit_and_remedy(rules):
    """The summary shows the value, the description what to do."""
    for rule in rules:
        assert "{{ $value" in rule["annotations"]["summary"]
        assert rule["annotations"]["description"] in {known.remedy for known in RULES}


def test_a_limit(rules):
    """As it stands in the table."""
    found = {rule["alert"]: rule["expr"] for rule in rules}
    assert found["AistoreDiskAlert"] == "(max(aistore_disk_used_ratio)) > 0.95"
    assert found["AistoreCacheHitRateWarning"].endswith(
        "< 0.7 and sum(increase(aistore_cache_reads_total[5m])) >= 100"
    )


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_promtool_takes_them(tmp_path):
    """Prometheus' own checker, where there is one."""
    file = tmp_path / "rules.yml"
    file.write_text(prometheus_rules())
    done = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
