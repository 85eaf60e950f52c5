"""Settings: where they come from, and what is said of one that cannot be used."""

from pathlib import Path

import pytest

from relay.config import Config, ConfigError, environment_names, read_config, split_address


def test_the_flag_beats_the_environment_beats_the_default() -> None:
    assert read_config({}).listen == "127.0.0.1:8080"
    assert read_config({"FAIRLEAD_LISTEN": "a:1"}).listen == "a:1"
    assert read_config({"FAIRLEAD_LISTEN": "a:1"}, {"listen": "b:2", "data": None}).listen == "b:2"


def test_our_own_name_beats_the_others() -> None:
    assert environment_names("mongodb_uri") == ("FAIRLEAD_MONGODB_URI", "MONGODB_URI", "MONGO_URI")
    found = read_config({"MONGO_URI": "mongodb://c", "MONGODB_URI": "mongodb://b"})
    assert found.mongodb_uri == "mongodb://b"


def test_an_empty_variable_is_none() -> None:
    assert read_config({"FAIRLEAD_LISTEN": "", "OFFLINE_TIMEOUT": ""}) == Config()


def test_kinds_of_values() -> None:
    found = read_config(
        {
            "OFFLINE_TIMEOUT": "2m",
            "RECONCILER_INTERVAL": "90",
            "FAIRLEAD_AGENT_GRACE_S": "1h",
            "SIGNUP_ENABLED": "Off",
            "FAIRLEAD_DATA": "/var/lib/fairlead",
            "ALLOWED_ORIGINS": "https://A.example:444/, http://b.example",
            "FAIRLEAD_PUBLIC_URL": "https://Relay.Example/",
            "SUPER_ADMIN_PASSWORD": " spaces count ",
        }
    )
    assert (found.offline_timeout_s, found.sweep_interval_s, found.agent_grace_s) == (120, 90, 3600)
    assert found.signup_enabled is False
    assert found.data == Path("/var/lib/fairlead")
    assert found.allowed_origins == ("https://a.example:444", "http://b.example")
    assert found.public_url == "https://relay.example"
    assert found.super_admin_password == " spaces count "


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("FAIRLEAD_PUBLIC_URL", "relay.example", "FAIRLEAD_PUBLIC_URL must look like https://host"),
        ("FAIRLEAD_PUBLIC_URL", "https://relay.example/path", "must look like https://host"),
        ("FAIRLEAD_PUBLIC_URL", "https://user:pw@relay.example", "must look like https://host"),
        ("FAIRLEAD_PUBLIC_URL", 'https://relay.example"$(id)', "must look like https://host"),
        ("FAIRLEAD_PUBLIC_URL", "https://relay.example:port", "FAIRLEAD_PUBLIC_URL"),
        ("JWT_EXPIRY_HOURS", "soon", "JWT_EXPIRY_HOURS must be a whole number from 1 to 720"),
        ("JWT_EXPIRY_HOURS", "0", "must be a whole number from 1 to 720"),
        ("JWT_EXPIRY_HOURS", "-1", "must be a whole number"),
        ("OFFLINE_TIMEOUT", "0s", "OFFLINE_TIMEOUT must be a duration"),
        ("OFFLINE_TIMEOUT", "2 minutes", "OFFLINE_TIMEOUT must be a duration"),
        ("SIGNUP_ENABLED", "maybe", "SIGNUP_ENABLED must be true or false"),
        ("ALLOWED_ORIGINS", "https://a.example,null", "ALLOWED_ORIGINS must look like https://host"),
        ("ALLOWED_ORIGINS", "*", "ALLOWED_ORIGINS must look like https://host"),
        ("FAIRLEAD_TRUSTED_PROXIES", "10.0.0.0/33", "FAIRLEAD_TRUSTED_PROXIES must be addresses or CIDR networks"),
        ("FAIRLEAD_LOG_LEVEL", "loud", "FAIRLEAD_LOG_LEVEL must be debug, info, warning or error"),
    ],
)
def test_the_variable_is_named(name: str, value: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read_config({name: value})
    assert says in str(refused.value)


def test_the_flag_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^--public-url must look like"):
        read_config({}, {"public_url": "x"})


@pytest.mark.parametrize(
    ("listen", "parts"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:443", ("::1", 443)),
        ("0.0.0.0:65535", ("0.0.0.0", 65535)),
    ],
)
def test_addresses(listen: str, parts: tuple[str, int]) -> None:
    assert split_address(listen) == parts


@pytest.mark.parametrize(
    "listen", ["8080", "127.0.0.1", "127.0.0.1:70000", "http://x:1", "::1:80", "", ":8080", "a b:1"]
)
def test_what_is_no_address(listen: str) -> None:
    with pytest.raises(ConfigError, match="write HOST:PORT"):
        split_address(listen)


def test_secrets_are_not_shown() -> None:
    shown = repr(read_config({"JWT_SECRET": "hunter2" * 8, "SUPER_ADMIN_PASSWORD": "hunter2", "MONGO_URI": "hunter2"}))
    assert "hunter2" not in shown
