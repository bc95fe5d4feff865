"""Settings: the mapping, its loaders, and attributes that read one setting."""

import errno
import json
import os
import sys
import tomllib
import types

import pytest

from demijohn.config import Config, ConfigAttribute


class Owner:
    """Stands for an application: all that an attribute needs is `config`."""

    plain = ConfigAttribute[str]("PLAIN")
    number = ConfigAttribute("NUMBER", int)

    def __init__(self, **config):
        self.config = config


@pytest.fixture
def config(tmp_path):
    """Return settings whose files are in the test's folder."""
    return Config(tmp_path)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a file into the settings' folder."""

    def write_file(name, text, encoding="utf-8"):
        (tmp_path / name).write_text(text, encoding)
        return name

    return write_file


def test_settings_are_a_dict_with_a_folder(tmp_path):
    """A config is a dict that starts from the defaults and knows its folder."""
    config = Config(tmp_path, {"A": 1})
    assert isinstance(config, dict)
    assert (tmp_path, "<Config {'A': 1}>") == (config.root_path, repr(config))


def test_an_attribute_reads_the_setting():
    """A config attribute returns the value that the settings have at the time."""
    owner = Owner(PLAIN="first")
    assert "first" == owner.plain
    owner.config["PLAIN"] = "second"
    assert "second" == owner.plain


def test_an_attribute_converts_on_reading_only():
    """The converter is given the stored value when the attribute is read."""
    owner = Owner()
    owner.number = "5"
    assert ({"NUMBER": "5"}, 5) == (owner.config, owner.number)


def test_an_attribute_of_the_class_is_the_descriptor():
    """Asked of the class, a config attribute returns itself."""
    assert isinstance(Owner.number, ConfigAttribute)


def test_an_attribute_without_a_setting_is_a_key_error():
    """Reading an attribute whose setting is missing raises KeyError."""
    with pytest.raises(KeyError, match="PLAIN"):
        _ = Owner().plain


def test_upper_case_keys_are_taken_from_a_mapping(config):
    """Only upper-case keys count, and keywords win over the mapping."""
    assert config.from_mapping({"A": 1, "B": 1, "low": 1, "Mixed": 1}, B=2, other=3)
    assert {"A": 1, "B": 2} == config


def test_pairs_are_a_mapping_too(config):
    """A mapping may be given as pairs, or left out."""
    assert config.from_mapping([("A", 1)])
    assert config.from_mapping(None)
    assert {"A": 1} == config


def test_two_mappings_are_refused(config):
    """More than one mapping is a TypeError."""
    with pytest.raises(TypeError):
        config.from_mapping({}, {})


def test_an_object_gives_its_upper_case_attributes(config):
    """Attributes of a class and its bases are taken, in upper case only."""

    class Base:
        INHERITED = 1

    class Settings(Base):
        OWN = 2
        low = 3

    config.from_object(Settings)
    assert {"INHERITED": 1, "OWN": 2} == config


def test_an_instance_gives_its_properties(config):
    """A property is evaluated when an instance is given."""

    class Settings:
        @property
        def URL(self):
            return "db://host"

    config.from_object(Settings())
    assert {"URL": "db://host"} == config


def test_an_object_is_imported_by_name(config, monkeypatch):
    """A dotted name is imported, and a wrong one is an ImportError."""
    monkeypatch.setitem(sys.modules, "made_settings", types.SimpleNamespace(DEBUG=True))
    config.from_object("made_settings")
    assert {"DEBUG": True} == config
    with pytest.raises(ImportError, match="missing_settings"):
        config.from_object("missing_settings")


def test_a_python_file_is_run(config, write, tmp_path):
    """A Python file of any name is run as a module named config."""
    assert config.from_pyfile(write("settings.cfg", "PATH = __file__\nNAME = __name__\nlow = 1\n"))
    assert {"PATH": os.path.join(tmp_path, "settings.cfg"), "NAME": "config"} == config


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "iso-8859-15"])
def test_a_python_file_names_its_encoding(config, write, encoding):
    """A Python file is decoded as its coding line says."""
    config.from_pyfile(write("settings.py", f"# -*- coding: {encoding} -*-\nVALUE = 'föö'\n", encoding))
    assert {"VALUE": "föö"} == config


def test_a_failing_python_file_changes_nothing(config, write):
    """An error in the file is raised as it is, and no setting is taken."""
    with pytest.raises(ZeroDivisionError):
        config.from_pyfile(write("settings.py", "A = 1\nB = 1 / 0\n"))
    assert {} == config


def test_an_error_inside_a_python_file_is_not_silenced(config, write):
    """`silent` is about the file itself, not about what its code opens."""
    name = write("settings.py", "open('/nowhere/at/all')\n")
    with pytest.raises(FileNotFoundError) as caught:
        config.from_pyfile(name, silent=True)
    assert "No such file or directory" == caught.value.strerror


def from_json(config, name, **options):
    """Load a file by `json.load`."""
    return config.from_file(name, json.load, **options)


@pytest.mark.parametrize("load", [Config.from_pyfile, from_json])
def test_a_missing_file_says_what_it_was_for(config, load, tmp_path):
    """A missing file raises an OSError that speaks of configuration, or returns False if silent."""
    with pytest.raises(FileNotFoundError) as caught:
        load(config, "missing")
    expected = "Unable to load configuration file (No such file or directory)"
    assert (expected, os.path.join(tmp_path, "missing")) == (caught.value.strerror, caught.value.filename)
    assert load(config, "missing", silent=True) is False


def test_a_folder_is_silenced_like_a_missing_file(config, tmp_path):
    """A path that is a folder is an OSError, and False if silent."""
    assert config.from_pyfile(tmp_path, silent=True) is False
    assert config.from_file(tmp_path, json.load, silent=True) is False
    with pytest.raises(IsADirectoryError):
        config.from_pyfile(tmp_path)


def test_a_path_through_a_file_is_silenced_for_python_files_only(config, write):
    """A path below a plain file is absent for `from_pyfile` and an error for `from_file`."""
    path = f"{write('plain', '')}/below"
    assert config.from_pyfile(path, silent=True) is False
    with pytest.raises(NotADirectoryError) as caught:
        config.from_file(path, json.load, silent=True)
    assert errno.ENOTDIR == caught.value.errno


def test_a_file_is_loaded_by_a_function(config, write):
    """The function is given the open file, as text or bytes."""
    assert config.from_file(write("a.json", '{"TEXT": "é", "low": 1}'), json.load)
    assert config.from_file(write("a.toml", "BYTES = 'é'"), tomllib.load, text=False)
    assert {"TEXT": "é", "BYTES": "é"} == config


def test_a_variable_names_a_python_file(config, write, monkeypatch, tmp_path):
    """`from_envvar` runs the Python file that the variable names."""
    write("settings.py", "A = 1")
    monkeypatch.setenv("MADE_SETTINGS", str(tmp_path / "settings.py"))
    assert config.from_envvar("MADE_SETTINGS")
    assert {"A": 1} == config


@pytest.mark.parametrize("value", [None, ""])
def test_an_unset_variable_is_a_runtime_error(config, monkeypatch, value):
    """An unset or empty variable is a RuntimeError, and False if silent."""
    if value is not None:
        monkeypatch.setenv("MADE_SETTINGS", value)
    with pytest.raises(RuntimeError, match="'MADE_SETTINGS' is not set"):
        config.from_envvar("MADE_SETTINGS")
    assert config.from_envvar("MADE_SETTINGS", silent=True) is False


def test_prefixed_variables_are_loaded_as_json(config, monkeypatch):
    """Values are JSON where they can be, and text where they cannot."""
    for name, text in {"INT": "1", "BOOL": "true", "LIST": "[1]", "TEXT": "two words"}.items():
        monkeypatch.setenv(f"FLASK_{name}", text)
    monkeypatch.setenv("NOT_FLASK_X", "1")
    assert config.from_prefixed_env()
    assert {"INT": 1, "BOOL": True, "LIST": [1], "TEXT": "two words"} == config


def test_a_prefix_and_a_loader_may_be_chosen(config, monkeypatch):
    """Another prefix and another loader may be given; its errors leave the text."""
    monkeypatch.setenv("MADE_HEX", "ff")
    monkeypatch.setenv("MADE_BAD", "xyz")
    config.from_prefixed_env("MADE", loads=lambda text: int(text, 16))
    assert {"HEX": 255, "BAD": "xyz"} == config


def test_double_underscores_lead_into_dicts(config, monkeypatch):
    """Nested keys keep what is there, whatever its case, and add what is not."""
    config["DB"] = {"host": "old", "port": 1}
    monkeypatch.setenv("FLASK_DB__host", "new")
    monkeypatch.setenv("FLASK_DB__pool__size", "5")
    monkeypatch.setenv("FLASK_NEW__KEY", "{}")
    config.from_prefixed_env()
    assert {"DB": {"host": "new", "port": 1, "pool": {"size": 5}}, "NEW": {"KEY": {}}} == config


def test_a_variable_that_leads_into_text_is_named(config, monkeypatch):
    """Leading into a setting that is no dict is a TypeError with the variable's name."""
    config["DB"] = "text"
    monkeypatch.setenv("FLASK_DB__HOST", "x")
    with pytest.raises(TypeError, match="'FLASK_DB__HOST' leads into a setting that is not a dict but 'text'"):
        config.from_prefixed_env()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"host": 1, "port": 2}),
        ({"lowercase": False}, {"HOST": 1, "PORT": 2}),
        ({"trim_namespace": False}, {"mail_host": 1, "mail_port": 2}),
        ({"lowercase": False, "trim_namespace": False}, {"MAIL_HOST": 1, "MAIL_PORT": 2}),
    ],
)
def test_a_namespace_is_a_dict_of_its_own(config, options, expected):
    """Settings of one prefix come as a new dict, with keys fit for keywords."""
    config.update(MAIL_HOST=1, MAIL_PORT=2, OTHER=3)
    assert expected == config.get_namespace("MAIL_", **options)
