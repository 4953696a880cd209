"""The `refusal` probe: the cause at the end of what the Engine says."""

from __future__ import annotations

import pytest

from escalade.evidence.refusal import cause

RUNC = (
    "failed to create task for container: failed to create shim task: OCI runtime "
    "create failed: runc create failed: unable to start container process: "
)


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (
            RUNC + "error loading seccomp filter into kernel: error patching filter: "
            "error creating scratch pipe: pipe2: too many open files: unknown",
            "pipe2: too many open files",
        ),
        (
            RUNC + 'exec: "nosuch": executable file not found in $PATH: unknown',
            'exec: "nosuch": executable file not found in $PATH',
        ),
        (
            RUNC + 'error mounting "/a" to rootfs at "/b": mount /a:/b, flags: 0x5000: '
            "not a directory: unknown: Are you trying to mount a directory onto a file "
            "(or vice-versa)? Check if the specified host path exists and is the "
            "expected type",
            "mount /a:/b, flags: 0x5000: not a directory",
        ),
        (RUNC + "unknown", ""),
        (
            'invalid mount config for type "bind": bind source path does not exist: /x',
            'invalid mount config for type "bind": bind source path does not exist: /x',
        ),
        ("", ""),
    ],
)
def test_the_cause_stands_at_the_end(error: str, end: str) -> None:
    """With the last thing that is named; what is no chain of runc's stays whole."""
    assert cause(error) == (end or error)
