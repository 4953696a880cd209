"""The context that a task of the operator's own gets: this machine's, or a host's.

Invoke and Fabric bound nothing, leave stdin open, run the second half of a `sudo` line
without it, and quote no variable. Here every command is bounded where it runs, has no
stdin, and can be ended with all that it started. Where the host says whom to become, a
`run` is that user's as a whole.
"""

from __future__ import annotations

import contextlib
import shlex
import threading
import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from escalade.remedy.groups import VARIABLE
from escalade.transport.base import BELT_S
from escalade.transport.base import KILL_S
from escalade.transport.base import Command
from escalade.transport.base import Transport
from escalade.transport.become import Become
from escalade.transport.become import raised
from escalade.transport.become import secret_of

if TYPE_CHECKING:
    from invoke.config import Config
    from invoke.context import Context

    from escalade.remedy.spoken import Lines

__all__ = ["Bounds", "Copied", "Over", "context_for", "wrapped"]

SPARE_S = 5.0
"""Seconds that a command has on its host beyond the end of its task.

Until then it is ended from here, while its parents still tell who its children are.
"""
_ENDED = (124, 137)
"""What `timeout` exits with at its bound."""
_LOGIN_SHELL = '"${SHELL:-/bin/sh}"'
# sudo sets SHELL to the new user's own, which may be one that runs nothing.
_PICK = (
    'case ${SHELL##*/} in ""|nologin|false) SHELL=/bin/sh;; esac; exec "$SHELL" "$@"'
)
_THEIR_SHELL = f"sh -c {shlex.quote(_PICK)} sh"


class Over(BaseException):
    """Leaves the body of a task from its next command: time is up, or it was stopped.

    No Exception: a task that catches those must not go on.
    """


class Copied(NamedTuple):
    """What `put` and `get` return, as Fabric's do: both paths."""

    local: str
    remote: str


class Bounds:
    """What all commands of one task share: when it ends, how they are known, who hears.

    `until` is monotonic; `password` gives sudo's, if it asks for one. `as_root` and
    `at_home` tell afterwards where something may be left: under sudo, on this machine.
    """

    def __init__(
        self,
        *,
        until: float,
        tag: str,
        stop: threading.Event,
        out: Lines,
        password: Callable[[], str] | None = None,
    ) -> None:
        self.until = until
        self.tag = tag
        self.stop = stop
        self.out = out
        self.password = password
        self.as_root = False
        self.at_home = False

    @property
    def over(self) -> bool:
        """Whether nothing may be started any more."""
        return self.stop.is_set() or time.monotonic() >= self.until

    def check(self) -> None:
        """Leave the task where nothing may be started any more."""
        if self.over:
            raise Over


def wrapped(
    line: str, *, bound_s: float, shell: str, env: Mapping[str, str], stdin: bool
) -> str:
    """Return a line that ends where it runs, with its variables, without a stdin.

    `shell` is what reads the line: a program's path, or a variable of the host.
    """
    words = [f"{name}={value}" for name, value in env.items()]
    sets = Command(" ".join(["%s"] * len(words)), tuple(words)).line
    bound = f"{max(bound_s, 0.1):g}"
    told = f"timeout -k {KILL_S:g} {bound} env {sets} {shell} -c {shlex.quote(line)}"
    return told if stdin else f"{told} </dev/null"


def _fed(runner: Any, secret: bytes, *, more: bool) -> None:
    """Let a runner write sudo's password first of all; its stdin ends there, or goes on.

    However the command is run (in the background, watched), nothing comes before it.
    """
    start = runner.start

    def begin(*args: Any, **kwargs: Any) -> None:
        start(*args, **kwargs)
        # A command that has ended has its own words for it.
        with contextlib.suppress(OSError):
            runner.write_proc_stdin(secret.decode("utf-8", "surrogateescape"))
            if not more:
                runner.close_proc_stdin()

    runner.start = begin


class _Bounded:
    """Runs what Invoke's Context runs, within bounds."""

    bounds: Bounds
    become: Become | None
    config: Any
    _host_is_here = False

    def _run(self, runner: Any, command: str, **kwargs: Any) -> Any:
        """Run a command for `run` (and `local`, which is ours alone)."""
        from invoke.runners import Local

        line = self._prefix_commands(command)  # type: ignore[attr-defined]
        there = self._host_is_here or not isinstance(runner, Local)
        become = self.become if there else None
        return self._bounded(runner, line, kwargs, become=become, said=line)

    def _sudo(self, runner: Any, command: str, **kwargs: Any) -> Any:
        """Run a command for `sudo`: all of it as root, or as `user`."""
        password = kwargs.pop("password", None)
        user = kwargs.pop("user", None) or self.config.sudo.user
        line = self._prefix_commands(command)  # type: ignore[attr-defined]
        become = Become(user or "root", self._password(password))
        said = f"sudo {line}"
        return self._bounded(runner, line, kwargs, become=become, said=said)

    def _password(self, given: str | None) -> Callable[[], str] | None:
        """Return what gives sudo's password: the call, the host's source, Invoke's."""
        own = given or (None if self.bounds.password else self.config.sudo.password)
        return self.bounds.password if own is None else lambda: str(own)

    def _bounded(
        self,
        runner: Any,
        line: str,
        kwargs: dict[str, Any],
        *,
        become: Become | None,
        said: str,
    ) -> Any:
        """Run a line and return Invoke's result, its command as the task gave it."""
        from invoke.runners import Local
        from invoke.runners import Result

        self.bounds.check()
        options = self._options(said, kwargs)
        if options.pop("dry"):
            return Result(command=line)
        here = isinstance(runner, Local)
        self.bounds.at_home = self.bounds.at_home or here
        asked_s = options["timeout"]
        left_s = self.bounds.until - time.monotonic() + SPARE_S
        bound_s = left_s if asked_s is None else min(float(asked_s), left_s)
        shell = shlex.quote(kwargs.get("shell") or self.config.run.shell)
        there = _LOGIN_SHELL if become is None else _THEIR_SHELL
        stdin = bool(options["watchers"] or options["in_stream"])
        told = wrapped(
            line,
            bound_s=bound_s,
            shell=shell if here else there,
            env={VARIABLE: self.bounds.tag, **options.pop("env")},
            stdin=stdin or become is not None,
        )
        options["timeout"] = bound_s + KILL_S + BELT_S
        if become is not None:
            told = self._raised(runner, told, options, become, stdin=stdin)
        return self._finished(runner, told, options, (line, bound_s, asked_s))

    def _raised(
        self,
        runner: Any,
        told: str,
        options: dict[str, Any],
        become: Become,
        *,
        stdin: bool,
    ) -> str:
        """Return a wrapped line as another user's; its runner writes the password."""
        self.bounds.as_root = True
        secret = secret_of(become, b"" if stdin else None)
        if secret:
            # A terminal would show what is written to it before sudo asks.
            options["pty"] = False
            _fed(runner, secret, more=stdin)
        return raised(told, become, stdin=stdin)

    def _options(self, told: str, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return Invoke's options; the echo is ours, of the line as it was given."""
        run = self.config.run
        given = {key: value for key, value in kwargs.items() if value is not None}
        hide = given.get("hide", run.hide)
        dry = bool(given.get("dry", run.dry))
        if dry or (given.get("echo", run.echo) and hide is not True):
            self.bounds.out.write(run.echo_format.format(command=told) + "\n")
        shown: dict[str, Any] = {}
        if not _hides(hide, "out"):
            shown["out_stream"] = self.bounds.out
        if not _hides(hide, "err"):
            shown["err_stream"] = self.bounds.out
        return {
            **shown,
            **given,
            "watchers": given.get("watchers", run.watchers),
            "in_stream": given.get("in_stream", run.in_stream) or False,
            "timeout": given.get("timeout", self.config.timeouts.command),
            "env": {str(k): str(v) for k, v in (given.get("env") or run.env).items()},
            "echo": False,
            "dry": dry,
        }

    def _finished(
        self,
        runner: Any,
        told: str,
        options: dict[str, Any],
        said: tuple[str, float, float | None],
    ) -> Any:
        """Run the wrapped line; tell of it as if the task's own line had run."""
        from invoke.exceptions import Failure

        line, bound_s, asked_s = said
        began = time.monotonic()
        try:
            result = runner.run(told, **options)
        except Failure as failure:
            failure.result.command = line
            self._look(failure.result, began + bound_s, asked_s)
            raise
        finally:
            _closed(runner, options)
        if result is None or not hasattr(result, "exited"):
            return result
        result.command = line
        self._look(result, began + bound_s, asked_s)
        return result

    def _look(self, result: Any, late: float, asked_s: float | None) -> None:
        """Raise what Invoke raises at a command's bound, or leave the task at its own."""
        from invoke.exceptions import CommandTimedOut

        if self.bounds.stop.is_set():
            raise Over
        if result.exited in _ENDED and time.monotonic() >= late:
            self.bounds.check()
            raise CommandTimedOut(result, timeout=asked_s or 0)  # type: ignore[arg-type]


def _closed(runner: Any, options: Mapping[str, Any]) -> None:
    """Close the pipes of a command that has ended: Invoke leaves them open."""
    process = getattr(runner, "process", None)
    if process is None or options.get("asynchronous") or options.get("disown"):
        return
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _hides(hide: object, stream: str) -> bool:
    """Whether an option of Invoke hides a stream (`out` or `err`)."""
    return hide in (True, "both", stream, f"std{stream}")


def context_for(transport: Transport, config: Config, bounds: Bounds) -> Context:
    """Return the context of a task on a host: a Fabric Connection, here a Context.

    `config` is the task's own; the connection is the one that is open already.
    """
    if transport.host.connection == "local":
        return _local(transport, config, bounds)
    return _remote(transport, config, bounds)


def _local(transport: Any, config: Config, bounds: Bounds) -> Context:
    """Return a context of this machine."""
    from invoke.context import Context

    class Here(_Bounded, Context):
        """This machine; `put` and `get` copy, so that one body serves both."""

        host = "localhost"
        _host_is_here = True

        def put(
            self,
            local: str,
            remote: str | None = None,
            preserve_mode: bool = True,  # noqa: FBT001, FBT002 -- Fabric's signature
        ) -> Copied:
            """Copy a file; the default goes into the home folder."""
            return _copied(local, remote or "~/", preserve_mode=preserve_mode)

        def get(
            self,
            remote: str,
            local: str | None = None,
            preserve_mode: bool = True,  # noqa: FBT001, FBT002 -- Fabric's signature
        ) -> Copied:
            """Copy a file; the default goes into the folder that we are in."""
            kept = _copied(remote, local or "./", preserve_mode=preserve_mode)
            return Copied(local=kept.remote, remote=kept.local)

    context = Here(config)
    context._set(  # noqa: SLF001 -- any other attribute is configuration
        bounds=bounds, become=transport.become
    )
    return context


def _copied(source: str, target: str, *, preserve_mode: bool) -> Copied:
    """Copy a file to a path, or into a folder."""
    import shutil
    from pathlib import Path

    from_, to = Path(source).expanduser(), Path(target).expanduser()
    if target.endswith("/") or to.is_dir():
        to.mkdir(parents=True, exist_ok=True)
        to /= from_.name
    shutil.copyfile(from_, to)
    if preserve_mode:
        shutil.copymode(from_, to)
    return Copied(str(from_), str(to))


def _remote(transport: Any, config: Config, bounds: Bounds) -> Context:
    """Return Fabric's Connection over the host's open connection.

    It cannot open or close it: only the transport knows which host keys are good.
    """
    from fabric.config import Config as FabricConfig
    from fabric.connection import Connection

    class There(_Bounded, Connection):  # type: ignore[misc]
        """A host of the inventory."""

        def open(self) -> None:
            """Refuse: the transport has opened it, or lost it."""
            if self.is_connected:
                return
            raise ConnectionError(f"the connection to {self.host} has ended")

        def close(self) -> None:
            """Leave it open: others use it, too."""

        def sftp(self) -> Any:
            """Return the client that `put` and `get` use, its waits bounded."""
            bounds.check()
            client = super().sftp()
            client.get_channel().settimeout(max(bounds.until - time.monotonic(), 0.1))
            return client

    opened = transport.connection
    if opened is None:
        raise ConnectionError(f"{transport.host.name} is not connected")
    whole = config if isinstance(config, FabricConfig) else config.clone(FabricConfig)
    made = There(
        opened.host, user=opened.user, port=opened.port, config=whole, gateway=False
    )
    made._set(  # noqa: SLF001 -- any other attribute is configuration
        bounds=bounds,
        become=transport.become,
        client=opened.client,
        transport=opened.transport,
    )
    context: Context = made
    return context
