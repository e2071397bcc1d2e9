"""How rounds are guarded: python -m benchmarks.rounds [--json] [--quick] [--only PART] [--folder FOLDER].

Lines that bad judges label, and arms, are kept in the folder as they are made: the same command goes on.
"""

from benchmarks.rounds.arms import arms
from benchmarks.rounds.daemon import daemon
from benchmarks.rounds.healthy import false_stops
from benchmarks.rounds.judges import bad_judges
from benchmarks.rounds.kills import kills
from benchmarks.rounds.lines import lines
from benchmarks.rounds.structure import structure
from benchmarks.sides.figure import run_parts

if __name__ == "__main__":
    # kills fork, which no process may do once its libraries have threads
    parts = {"kills": kills, "healthy": false_stops, "structure": structure, "lines": lines, "daemon": daemon}
    run_parts(parts, __doc__, {"judges": bad_judges, "arms": arms})
