"""Work that goes on after an answer: in a thread, or in the browser, which has none, as a task of its event loop."""

import asyncio
import sys
import threading
import time
from collections import deque

IN_BROWSER = sys.platform == "emscripten"
BREATH = 0.015  # seconds of work between the moments at which a browser's messages come in

_tasks = set()  # the event loop alone would not keep them


def go_on(steps, name):
    """Take all steps of a generator, beside what else is done."""
    if IN_BROWSER:
        task = asyncio.ensure_future(_take(steps))
        _tasks.add(task)
        task.add_done_callback(_tasks.discard)
    else:
        threading.Thread(target=deque, args=(steps, 0), name=name, daemon=True).start()


async def _take(steps):
    due = time.monotonic() + BREATH
    for _ in steps:
        if time.monotonic() >= due:
            await asyncio.sleep(0.001)  # 0 would let other tasks in, but no message
            due = time.monotonic() + BREATH
