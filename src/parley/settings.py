"""The settings: what each means, and where its value comes from: flag, then environment, then file, then default."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from parley.core.errors import ParleyError
from parley.core.mail import read_relay
from parley.core.texts import is_url

PREFIX = "PARLEY_"


class SettingError(ParleyError):
    """A setting cannot be used as it is given. Not public: it stops the program."""

    code = 9003


class FlagError(SettingError):
    """A setting that was given as a flag cannot be used: the arguments of the command are wrong."""

    code = 9007


class UrlError(ParleyError):
    """A database URL that cannot be used. Not public: it stops the program."""

    code = 9004


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: the flag is `--name`, the variable `PARLEY_NAME`, the key in the file `name`."""

    name: str
    default: Any
    meaning: str
    is_secret: bool = False

    @property
    def variable(self) -> str:
        """The name in the environment."""
        return PREFIX + self.name.upper().replace("-", "_")


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A setting's value and where it came from."""

    setting: Setting
    value: Any
    source: str

    @property
    def shown(self) -> str:
        """The value as it may be printed."""
        if self.value is None or self.value == ():
            return ""
        if self.setting.is_secret:
            return "***"
        if self.setting.name == DATABASE:
            return hidden(self.value)
        return ", ".join(self.value) if isinstance(self.value, tuple) else str(self.value)


def hidden(url: str) -> str:
    """A URL without the password in it."""
    return re.sub(r"(://[^:/@]*):[^@]*@|([?&]password=)[^&]*", _without_password, url)


def _without_password(found: re.Match[str]) -> str:
    return f"{found[1]}:***@" if found[1] else f"{found[2]}***"


def data_directory() -> Path:
    """Where the user's data belongs on this system."""
    import platformdirs  # noqa: PLC0415 - only when no database is named

    return Path(platformdirs.user_data_dir("parley"))


DATABASE = "database"
SMTP_URL = "smtp-url"
SETTINGS = (
    Setting(
        name=DATABASE,
        default=None,
        meaning="Where everything is kept: sqlite:////absolute/file.db or postgresql://user@host/name",
    ),
    Setting(name="host", default="127.0.0.1", meaning="Address to listen on"),
    Setting(name="port", default=8080, meaning="Port to listen on"),
    Setting(name="workers", default=1, meaning="Processes; more than 1 needs PostgreSQL"),
    Setting(name="prefix", default="", meaning="Path under which everything is served as well, like /api"),
    Setting(name="public-url", default=None, meaning="Where people reach Parley; else http://host:port"),
    Setting(name="cors-origin", default=(), meaning="Origins whose pages may call /chat/… with their own token"),
    Setting(name="webhooks", default="on", meaning="Whether this process sends webhooks: on or off"),
    Setting(
        name=SMTP_URL,
        default=None,
        meaning="Who takes mail to clients: smtp://user:password@host:587 or smtps://…",
        is_secret=True,
    ),
    Setting(name="line", default=2_048, meaning="Writes that may wait before new ones are refused with 503"),
    Setting(name="connections", default=10_000, meaning="Connections that may be open at once"),
    Setting(name="log-level", default="info", meaning="Least severe log line: debug, info, warning or error"),
    Setting(name="secret-key", default=None, meaning="Encrypts stored keys and secrets", is_secret=True),
    Setting(name="secret-key-file", default=None, meaning="File that holds the secret key"),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}
ON, OFF = "on", "off"
_LEVELS = ("debug", "info", "warning", "error")


class Settings:
    """All values. `settings["port"]` is a value, `settings.values` has their sources too."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self.values = values

    def __getitem__(self, name: str) -> Any:
        return self.values[name].value

    @property
    def database(self) -> str:
        """The database's URL; a file in the user's data directory when none is named."""
        return str(self[DATABASE])

    @property
    def public_url(self) -> str:
        """The address that links begin with: without one given, where `serve` is told to listen."""
        return self.public_url_at(self["port"])

    def public_url_at(self, port: int) -> str:
        """The same, when `serve` found itself this port."""
        host = f"[{self['host']}]" if ":" in self["host"] else self["host"]
        return str(self["public-url"] or f"http://{host}:{port}").rstrip("/")


def load(flags: Mapping[str, Any], *, environ: Mapping[str, str] | None = None, config: Path | None = None) -> Settings:
    """Find every setting's value. Raises SettingError with a sentence that names the setting and what was given."""
    environ = os.environ if environ is None else environ
    config = config or (Path(environ[PREFIX + "CONFIG"]) if environ.get(PREFIX + "CONFIG") else None)
    kept = {} if config is None else _read_file(config)
    values = {setting.name: _find(setting, flags, environ, kept, config) for setting in SETTINGS}
    _read_secret(values)
    return Settings(values)


def _find(
    setting: Setting,
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    kept: dict[str, Any],
    config: Path | None,
) -> Value:
    if flags.get(setting.name) not in (None, (), []):
        try:
            return _value(setting, flags[setting.name], f"--{setting.name}")
        except SettingError as wrong:
            raise FlagError(wrong.text) from wrong
    if environ.get(setting.variable):
        return _value(setting, environ[setting.variable], setting.variable)
    if setting.name in kept:
        return _value(setting, kept[setting.name], str(config))
    default = setting.default
    if setting.name == DATABASE:
        default = f"sqlite:///{data_directory() / 'parley.db'}"
    return Value(setting=setting, value=default, source="default")


def _value(setting: Setting, given: Any, source: str) -> Value:
    value = given
    if isinstance(setting.default, int):
        value = _whole_number(setting, given, source)
    elif isinstance(setting.default, tuple):
        value = _texts(setting, given, source)
    elif not isinstance(given, str):
        msg = f"{source}: {setting.name} must be a text."
        raise SettingError(msg)
    _check(setting.name, value, source)
    return Value(setting=setting, value=value, source=source)


def _whole_number(setting: Setting, given: Any, source: str) -> int:
    try:
        number = int(given)
    except (TypeError, ValueError):
        number = 0
    most = 65_535 if setting.name == "port" else 10_000_000
    least = 0 if setting.name == "port" else 1
    if isinstance(given, bool) or not least <= number <= most or str(given).strip() != str(number):
        msg = f"{source}: {setting.name} must be a whole number from {least} to {most}, but {given!r} was given."
        raise SettingError(msg)
    return number


def _texts(setting: Setting, given: Any, source: str) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        msg = f"{source}: {setting.name} must be a list of texts."
        raise SettingError(msg)
    return tuple(part.strip() for part in parts)


def _check(name: str, value: Any, source: str) -> None:
    if isinstance(value, str) and not value.strip() and name != "prefix":
        # An empty host would listen everywhere, an empty key would protect nothing.
        msg = f"{source}: {name} must not be empty."
        raise SettingError(msg)
    if name == "log-level" and value not in _LEVELS:
        msg = f"{source}: log-level must be one of {', '.join(_LEVELS)}, but {value!r} was given."
        raise SettingError(msg)
    if name == "webhooks" and value not in {ON, OFF}:
        msg = f"{source}: webhooks must be {ON} or {OFF}, but {value!r} was given."
        raise SettingError(msg)
    if name == SMTP_URL:
        _check_smtp_url(value, source)
    if name == "prefix" and value and (not value.startswith("/") or value.endswith("/")):
        msg = f"{source}: prefix must begin with / and not end with it, but {value!r} was given."
        raise SettingError(msg)
    if name == "public-url" and not is_url(value):
        msg = f"{source}: public-url must be an address like https://chat.example, but {value!r} was given."
        raise SettingError(msg)
    if name == "cors-origin" and any(not origin.startswith(("http://", "https://")) for origin in value):
        msg = f"{source}: cors-origin must be an origin like https://shop.example, but {', '.join(value)!r} was given."
        raise SettingError(msg)


def _check_smtp_url(value: str, source: str) -> None:
    try:
        read_relay(value)
    except ValueError as wrong:  # its words repeat nothing of the URL, which holds a password
        msg = f"{source}: smtp-url cannot be used: {wrong}."
        raise SettingError(msg) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        kept = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as failed:
        msg = f"The settings file {path} cannot be read: {failed.strerror}."
        raise SettingError(msg) from failed
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as failed:
        msg = f"The settings file {path} is not TOML: {failed}."
        raise SettingError(msg) from failed
    named = {key.replace("_", "-"): value for key, value in kept.items()}
    unknown = sorted(named.keys() - _BY_NAME.keys())
    if unknown:
        msg = f"The settings file {path} has a setting that does not exist: {', '.join(unknown)}."
        raise SettingError(msg)
    return named


def _read_secret(values: dict[str, Value]) -> None:
    """Take the secret key from its file when one is named. Naming both is refused: which one counts is a guess."""
    direct, file = values["secret-key"], values["secret-key-file"]
    if file.value is None:
        return
    if direct.value is not None:
        msg = f"Both {direct.source} and {file.source} are set; keep one."
        raise SettingError(msg)
    try:
        secret = Path(file.value).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as failed:
        msg = f"{file.source}: the file {file.value} cannot be read."
        raise SettingError(msg) from failed
    if not secret:
        msg = f"{file.source}: the file {file.value} is empty."
        raise SettingError(msg)
    values["secret-key"] = Value(setting=direct.setting, value=secret, source=file.source)
