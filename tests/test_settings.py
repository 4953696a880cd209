"""Settings: three sources, one order, strict values, errors that name the key."""

from __future__ import annotations

from pathlib import Path

import pytest
from invoke.config import Config

from escalade import paths
from escalade.errors import UsageError
from escalade.settings import Settings
from escalade.settings import boolean
from escalade.settings import resolve
from escalade.settings import settings_from


def settled(section=None, environ=None, flags=None) -> Settings:
    """Return the settings of a run in /project that stands in /here."""
    return resolve(
        section or {},
        environ=environ or {},
        flags=flags or {},
        base=Path("/project"),
        here=Path("/here"),
    )


def test_nothing_said_gives_the_defaults() -> None:
    """Sixteen hosts at once, eight seconds each, the whole of every stack."""
    settings = settled()
    assert (settings.forks, settings.deadline_s, settings.mode) == (16, 8.0, "full")
    assert (settings.limit, settings.stacks) == ((), ())
    assert settings.runbooks == (paths.runbooks(),)


def test_a_later_source_wins() -> None:
    """The file gives way to the environment, the environment to a flag."""
    section = {"forks": 2, "mode": "deep", "deadline_s": 3}
    environ = {"ESCALADE_FORKS": "3", "ESCALADE_MODE": "quick"}
    settings = settled(section, environ, {"forks": "4"})
    assert (settings.forks, settings.mode, settings.deadline_s) == (4, "quick", 3.0)


@pytest.mark.parametrize("flags", [{"forks": None}, {"mode": ""}, {"limit": []}])
def test_an_empty_flag_says_nothing(flags) -> None:
    """A flag that was not given leaves what the file says."""
    section = {"forks": 2, "mode": "deep", "limit": "web"}
    assert settled(section, flags=flags) == settled(section)


def test_the_language_comes_from_the_locale_unless_said() -> None:
    """LANG decides, `lang` overrides."""
    assert settled(environ={"LANG": "fr_FR.UTF-8"}).lang == "fr"
    assert settled({"lang": "en"}, {"LANG": "fr_FR.UTF-8"}).lang == "en"


def test_paths_count_from_where_they_are_said() -> None:
    """A file's paths are beside it, a flag's where one stands."""
    section = {"runbooks": ["more"], "inventory": "hosts", "ssh_config": "ssh"}
    settings = settled(section, flags={"inventory": ["mine.yaml"]})
    assert settings.runbooks == (paths.runbooks(), Path("/project/more"))
    assert settings.inventory == (Path("/here/mine.yaml"),)
    assert settings.ssh_config == Path("/project/ssh")


def test_a_pattern_keeps_its_commas() -> None:
    """`a:b,!c` is one limit; stacks are split at commas."""
    settings = settled(environ={"ESCALADE_LIMIT": "a:b,!c", "ESCALADE_STACKS": "x, y"})
    assert settings.limit == ("a:b,!c",)
    assert settings.stacks == ("x", "y")


@pytest.mark.parametrize(
    ("section", "flags", "expected"),
    [
        ({}, {}, (False, "")),
        ({"become": "deploy"}, {}, (True, "deploy")),
        ({"become": True}, {}, (True, "")),
        ({"become": "true", "become_user": "ops"}, {}, (True, "ops")),
        ({"become": False}, {"become_user": "ops"}, (False, "ops")),
        ({"become": "deploy"}, {"become": True}, (True, "deploy")),
        ({"become": "deploy"}, {"become_user": "ops"}, (True, "ops")),
        ({"become": "deploy", "become_user": "ops"}, {}, (True, "ops")),
        ({"become": "no"}, {"become": True}, (True, "")),
    ],
)
def test_whether_and_whom_to_become(section, flags, expected) -> None:
    """A name says both; a flag that says one of them leaves the other."""
    settings = settled(section, flags=flags)
    assert (settings.become, settings.become_user) == expected


def test_the_beds_own_variables_are_no_settings() -> None:
    """ESCALADE_BED_* belongs to the bed's programs."""
    assert settled(environ={"ESCALADE_BED_CACHE": "/x"}) == settled()


@pytest.mark.parametrize(
    ("section", "environ", "message"),
    [
        ({"fork": 2}, {}, r"invoke\.yaml: escalade\.fork: .*did you mean 'forks'"),
        ({}, {"ESCALADE_DEADLIN_S": "2"}, "ESCALADE_DEADLIN_S: .*'deadline_s'"),
        ({"forks": 0}, {}, "escalade.forks: expected at least 1, not 0"),
        ({"forks": True}, {}, "escalade.forks: expected a whole number, not True"),
        ({"forks": "many"}, {}, "expected a whole number, not 'many'"),
        ({"deadline_s": -1}, {}, "seconds above 0, not -1"),
        ({"deadline_s": "inf"}, {}, "seconds above 0, not 'inf'"),
        ({"mode": "ful"}, {}, "did you mean 'full'"),
        ({"limit": 3}, {}, "expected a text or a list of texts, not 3"),
        ({"progress": "maybe"}, {}, "expected true or false, not 'maybe'"),
    ],
)
def test_a_wrong_word_is_named(section, environ, message) -> None:
    """The error says where it stands, what was expected and what is near."""
    with pytest.raises(UsageError, match=message):
        settled(section, environ)


def test_a_wrong_flag_is_named_as_it_was_typed() -> None:
    """The key is `deadline_s`, the flag `--deadline`."""
    with pytest.raises(UsageError, match=r"^--deadline: expected a number"):
        settled(flags={"deadline_s": "soon"})


@pytest.mark.parametrize("word", ["false", "no", "off", "0", False, 0, " False "])
def test_no_means_no(word) -> None:
    """What Invoke would read as True is False here."""
    assert boolean(word) is False


@pytest.mark.parametrize("word", ["true", "Yes", "on", "1", True, 1])
def test_yes_means_yes(word) -> None:
    """The affirmative words."""
    assert boolean(word) is True


def test_settings_come_from_a_real_invoke_yaml(tmp_path, monkeypatch) -> None:
    """The section of invoke.yaml is read, its paths counted from its folder."""
    (tmp_path / "invoke.yaml").write_text("escalade: {forks: 5, inventory: [h.yaml]}\n")
    config = Config(project_location=str(tmp_path))
    config.load_project()
    settings = settings_from(config, {"mode": "quick"})
    assert (settings.forks, settings.mode) == (5, "quick")
    assert settings.inventory == (tmp_path / "h.yaml",)


def test_the_projects_own_inventory_is_found(tmp_path) -> None:
    """`inventory/hosts.yaml` beside invoke.yaml needs no word."""
    hosts = tmp_path / "inventory" / "hosts.yaml"
    hosts.parent.mkdir()
    hosts.write_text("all: {}\n")
    assert settings_from(Config(project_location=str(tmp_path))).inventory == (hosts,)


def test_a_section_that_is_no_mapping_is_refused() -> None:
    """`escalade: 3` is one clear line."""
    config = Config(overrides={"escalade": 3})
    with pytest.raises(UsageError, match="expected a mapping, not 3"):
        settings_from(config)
