"""The working side of benchmarks/contenders.mjs, in Python: JSON lines in and out."""

import json
import sys
import time


def serve(prepare):
    """Answers until the input ends. `prepare(specification)` gives `(facts, run)`."""
    answers = sys.stdout
    sys.stdout = sys.stderr  # Standard output belongs to the answers.
    run = None
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if "prepare" in question:
                facts, run = prepare(question["prepare"])
                answer = {"ready": facts}
            else:
                answer = timed(run, question["run"])
        except Exception as error:  # Whatever it is, the benchmark goes on without this contender.
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def timed(run, times):
    # Whoever worked in between has taken the caches: short work starts with a lap that does not count.
    if times > 1:
        run()
    start = time.perf_counter()
    for _ in range(times):
        result = run()
    return {"seconds": (time.perf_counter() - start) / times, "result": result}
