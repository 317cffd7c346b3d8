from pathlib import Path

# The learners' copies have no outputs that nbval could compare: tests/test_exercise_notebooks.py runs them.
# The settings beside the solved ones are for nbgrader to read.
collect_ignore_glob = ["notebooks/exercises/*", "notebooks/solutions/*.py"]


def pytest_configure(config):
    """nbval looks for its file where pytest was started, which may be notebooks/ or any other folder."""
    if not config.option.nbval_sanitize_with:
        config.option.nbval_sanitize_with = str(Path(__file__).with_name("tests") / "nbval.cfg")
