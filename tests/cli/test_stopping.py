"""Signals are heard whichever thread the kernel gives them to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ELSEWHERE = """
import signal, threading, time

def tell_this_thread(number):
    time.sleep(0.3)  # until the main thread waits
    signal.pthread_kill(threading.get_ident(), number)
"""
FOLLOWING = f"""{ELSEWHERE}
from tailpipe_assets.cli.stopping import stoppable

def work():
    tell_this_thread(signal.SIGTERM)
    stop.wait(20)
    return stop.asked()

with stoppable() as stop:
    print(stop.while_doing(work))
"""
ASKING = f"""{ELSEWHERE}
import duckdb
from tailpipe_assets.cli.interrupting import interruptible

connection = duckdb.connect()

def work():
    tell_this_thread(signal.SIGINT)
    connection.execute("select count(*) from range(1000000) a, range(1000000) b where a.range + b.range < 0")

try:
    interruptible(connection, work)
except KeyboardInterrupt:
    print("cancelled")
"""


def said(program: str) -> str:
    """What a program prints, within a time that one that hears nothing does not meet."""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=15)
    return done.stdout.strip()


def test_a_stop_that_another_thread_was_given_is_heard() -> None:
    """Python runs handlers in the main thread only, which is to look even where nothing wakes it."""
    assert said(FOLLOWING) == "True"


def test_a_cancel_that_another_thread_was_given_is_heard() -> None:
    """The query ends, not the patience of who asked it."""
    assert said(ASKING) == "cancelled"
