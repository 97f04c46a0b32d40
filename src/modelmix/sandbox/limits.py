"""Limits: what a program in the sandbox may use."""

from dataclasses import dataclass

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one program may use, everything that it starts included where the kernel counts it so.

    Attributes:
        cpu_s: Seconds of processor time of each process; 0 for no limit.
        wall_s: Seconds until it is ended, whatever it does; of a worker, until it is for one call.
        memory_bytes: Address space of each process.
        file_bytes: Size of each file that it writes.
        processes: Processes and threads at once.
        files: Open files of each process.
        output_bytes: What it may print, standard output and error together; of a worker, one answer.
    """

    cpu_s: int = 10
    wall_s: float = 30.0
    memory_bytes: int = 512 * _MIB
    file_bytes: int = 16 * _MIB
    processes: int = 32
    files: int = 64
    output_bytes: int = _MIB
