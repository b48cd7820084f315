"""Settings: defaults in one table, the host's values over them, read at the moment of use."""

import dataclasses

import pytest
from django.test import override_settings

from aistore import conf
from aistore.conf import Defaults

KEYS = [field.name for field in dataclasses.fields(Defaults)]


@pytest.mark.parametrize("name", KEYS)
@override_settings(AISTORE={})
def test_default(name):
    """Without a word of the host, a setting has the default of the table."""
    assert getattr(conf.settings, name) == getattr(Defaults, name)


@pytest.mark.parametrize("name", KEYS)
def test_value_of_the_host(name):
    """The host's value wins, and the moment it changes: nothing is kept from the start of the process."""
    with override_settings(AISTORE={name: 7}):
        assert getattr(conf.settings, name) == 7
    with override_settings(AISTORE={name: 8}):
        assert getattr(conf.settings, name) == 8


@override_settings(AISTORE={"CACHE_ALIAS": None})
def test_none_is_a_value():
    """None written by the host is his value, not a missing one."""
    assert conf.settings.CACHE_ALIAS is None


@override_settings()
def test_no_dict_at_all(settings):
    """A host that writes no AISTORE gets the defaults."""
    del settings.AISTORE
    assert conf.settings.JSON_MAX_DEPTH == Defaults.JSON_MAX_DEPTH


@pytest.mark.parametrize("nonsense", [None, "small", ["JSON_MAX_DEPTH"], {"COLOUR": "red"}])
def test_nonsense(nonsense):
    """What the checks will report does not stop the process before they can."""
    with override_settings(AISTORE=nonsense):
        assert conf.settings.JSON_MAX_DEPTH == Defaults.JSON_MAX_DEPTH


def test_unknown_name():
    """A misspelt name in the code is an AttributeError that says whose setting is missing."""
    with pytest.raises(AttributeError, match="aistore has no setting 'COLOUR'"):
        _ = conf.settings.COLOUR


def test_table_has_types():
    """Every key has a type and a default that fits it, so the checks can do without special cases."""
    assert set(KEYS) == set(conf.TYPES)
    assert all(isinstance(getattr(Defaults, name), conf.TYPES[name]) for name in KEYS)
