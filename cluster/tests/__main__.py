"""Runs all tests: python3 cluster/tests. The last line is "N passed, N failed"."""

from __future__ import annotations

import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.dirname(HERE))

suite = unittest.defaultTestLoader.discover(HERE, pattern=sys.argv[1] if sys.argv[1:] else "test_*.py")
result = unittest.TextTestRunner(verbosity=2).run(suite)
failed = {str(test) for test, _ in [*result.failures, *result.errors]}
print(f"{result.testsRun - len(result.skipped) - len(failed)} passed, {len(failed)} failed")
sys.exit(1 if failed else 0)
